// Drives the official Go SDK through what it can do, and prints one line of JSON for each step: its
// name and what came of it. Arguments: endpoint, access key id, secret, bucket, a directory for files,
// and an HTTP proxy if there is one.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/ioutil"
	"os"
	"path/filepath"
	"strings"

	"github.com/aliyun/aliyun-oss-go-sdk/oss"
)

const part = 102400

func main() {
	endpoint, id, secret, name, directory := os.Args[1], os.Args[2], os.Args[3], os.Args[4], os.Args[5]
	var options []oss.ClientOption
	if len(os.Args) > 6 {
		options = append(options, oss.Proxy(os.Args[6]))
	}
	client, err := oss.New(endpoint, id, secret, options...)
	must(err)
	step("make the bucket", func() (interface{}, error) { return nil, client.CreateBucket(name, oss.ACL(oss.ACLPrivate)) })
	bucket, err := client.Bucket(name)
	must(err)

	step("bucket exists", func() (interface{}, error) { return client.IsBucketExist(name) })
	step("bucket info", func() (interface{}, error) {
		info, err := client.GetBucketInfo(name)
		return []string{info.BucketInfo.Location, info.BucketInfo.StorageClass, info.BucketInfo.ACL}, err
	})
	step("put", func() (interface{}, error) {
		return nil, bucket.PutObject("a/b c+1.txt", strings.NewReader("hello"), oss.Meta("author", "alice"), oss.ContentType("text/plain"))
	})
	step("get", func() (interface{}, error) { return read(bucket.GetObject("a/b c+1.txt")) })
	step("get a range", func() (interface{}, error) { return read(bucket.GetObject("a/b c+1.txt", oss.Range(1, 3))) })
	step("head", func() (interface{}, error) {
		header, err := bucket.GetObjectDetailedMeta("a/b c+1.txt")
		return []string{header.Get("X-Oss-Meta-Author"), header.Get("Content-Type"), header.Get("Content-Length")}, err
	})
	step("a missing key", func() (interface{}, error) { return read(bucket.GetObject("none")) })
	step("a wrong secret", func() (interface{}, error) {
		other, err := oss.New(endpoint, id, "wrong", options...)
		must(err)
		stranger, err := other.Bucket(name)
		must(err)
		return read(stranger.GetObject("a/b c+1.txt"))
	})

	content := bytes.Repeat([]byte("0123456789abcdef"), 20000)
	file := filepath.Join(directory, "content")
	must(ioutil.WriteFile(file, content, 0600))
	step("upload a file in parts, three at a time", func() (interface{}, error) {
		return nil, bucket.UploadFile("parts", file, part, oss.Routines(3), oss.Checkpoint(true, file+".cp"))
	})
	step("download it in ranges", func() (interface{}, error) {
		err := bucket.DownloadFile("parts", file+".got", part, oss.Routines(3))
		got, _ := ioutil.ReadFile(file + ".got")
		return bytes.Equal(got, content), err
	})

	var upload oss.InitiateMultipartUploadResult
	step("initiate", func() (interface{}, error) {
		upload, err = bucket.InitiateMultipartUpload("single", oss.ContentType("text/x"))
		return upload.Key, err
	})
	var parts []oss.UploadPart
	step("upload parts", func() (interface{}, error) {
		for number := 2; number >= 1; number-- {
			uploaded, err := bucket.UploadPart(upload, bytes.NewReader(content[:part]), part, number)
			if err != nil {
				return nil, err
			}
			parts = append(parts, uploaded)
		}
		return len(parts), nil
	})
	step("list uploads", func() (interface{}, error) {
		listed, err := bucket.ListMultipartUploads()
		return len(listed.Uploads), err
	})
	step("list parts", func() (interface{}, error) {
		listed, err := bucket.ListUploadedParts(upload)
		return len(listed.UploadedParts), err
	})
	step("complete", func() (interface{}, error) {
		completed, err := bucket.CompleteMultipartUpload(upload, parts)
		return strings.HasSuffix(completed.ETag, "-2\""), err
	})
	step("complete again", func() (interface{}, error) {
		_, err := bucket.CompleteMultipartUpload(upload, parts)
		return nil, err
	})
	step("abort", func() (interface{}, error) {
		upload, err := bucket.InitiateMultipartUpload("aborted")
		if err != nil {
			return nil, err
		}
		return nil, bucket.AbortMultipartUpload(upload)
	})

	step("list", func() (interface{}, error) {
		listed, err := bucket.ListObjects(oss.Delimiter("/"))
		keys := append([]string{}, listed.CommonPrefixes...)
		for _, object := range listed.Objects {
			keys = append(keys, object.Key)
		}
		return keys, err
	})
	step("copy", func() (interface{}, error) {
		if _, err := bucket.CopyObject("a/b c+1.txt", "copied"); err != nil {
			return nil, err
		}
		return read(bucket.GetObject("copied"))
	})
	step("copy in parts", func() (interface{}, error) {
		if err := bucket.CopyFile(name, "parts", "copied parts", part, oss.Routines(2)); err != nil {
			return nil, err
		}
		got, err := read(bucket.GetObject("copied parts"))
		return got == string(content), err
	})
	step("append", func() (interface{}, error) {
		next, err := bucket.AppendObject("log", strings.NewReader("one"), 0)
		if err != nil {
			return nil, err
		}
		if _, err = bucket.AppendObject("log", strings.NewReader("two"), next); err != nil {
			return nil, err
		}
		return read(bucket.GetObject("log"))
	})
	step("delete many", func() (interface{}, error) {
		deleted, err := bucket.DeleteObjects([]string{"a/b c+1.txt", "copied", "copied parts"})
		return len(deleted.DeletedObjects), err
	})
	step("delete each", func() (interface{}, error) {
		for _, key := range []string{"a/b c+1.txt", "parts", "single", "copied", "copied parts", "log"} {
			if err := bucket.DeleteObject(key); err != nil {
				return nil, err
			}
		}
		return nil, client.DeleteBucket(name)
	})
}

// step prints what came of it: a value, or the status and the code of a refusal.
func step(name string, run func() (interface{}, error)) {
	value, err := run()
	outcome := map[string]interface{}{"step": name, "value": value}
	var refusal oss.ServiceError
	if errors.As(err, &refusal) {
		outcome["value"] = fmt.Sprintf("%d %s", refusal.StatusCode, refusal.Code)
	} else if err != nil {
		outcome["value"] = err.Error()
	}
	line, err := json.Marshal(outcome)
	must(err)
	fmt.Println(string(line))
}

func read(body interface {
	Read([]byte) (int, error)
	Close() error
}, err error) (string, error) {
	if err != nil {
		return "", err
	}
	defer body.Close()
	text, err := ioutil.ReadAll(body)
	return string(text), err
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
