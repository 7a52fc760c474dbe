# Drives fog-aliyun's storage through what it can do, and prints one line of JSON for each step: its
# name and what came of it. Arguments: access key id, secret, bucket, an HTTP proxy, a large file.

require 'json'
require 'fog/aliyun'

id, secret, bucket, proxy, large = ARGV
connect = lambda do |key|
  Fog::Storage.new(
    provider: 'aliyun',
    aliyun_accesskey_id: id,
    aliyun_accesskey_secret: key,
    aliyun_oss_bucket: bucket,
    aliyun_oss_endpoint: 'http://oss-cn-hangzhou.aliyuncs.com',
    connection_options: { proxy: proxy }
  )
end
storage = connect.call(secret)

def step(name)
  value = begin
    yield
  rescue Excon::Errors::HTTPStatusError => e
    "#{e.response.status} #{e.response.body[%r{<Code>(.*?)</Code>}, 1]}"
  rescue Fog::Errors::NotFound
    'not found'
  end
  puts JSON.generate(step: name, value: value)
end

step('make the bucket') { storage.put_bucket(bucket).status }
step('where it is') { storage.get_bucket_location(bucket) }
step('put') { storage.put_object_with_body('folder/hello', 'hello').status }
step('get') { storage.get_object('folder/hello')[:body] }
step('get a range') { storage.get_object('folder/hello', '1-3')[:body] }
step('head') { storage.head_object('folder/hello').data[:headers]['Content-Length'] }
step('a missing key') { storage.get_object('none')[:body][%r{<Code>(.*?)</Code>}, 1] }
step('a wrong secret') { connect.call('wrong').put_object_with_body('folder/hello', 'x').status }
step('list') { storage.list_objects(prefix: 'folder/')['Contents'].map { |one| one['Key'][0] } }
step('put a file in parts') do
  File.open(large) { |file| storage.put_object('large', file) }
  storage.head_object('large').data[:headers].values_at('Content-Length', 'x-oss-object-type')
end
step('copy') do
  storage.copy_object(nil, 'folder/hello', nil, 'copied')
  storage.get_object('copied')[:body]
end
step('delete') { %w[folder/hello large copied].map { |key| storage.delete_object(key).status } }
step('delete the bucket') { storage.delete_bucket(bucket).status }
