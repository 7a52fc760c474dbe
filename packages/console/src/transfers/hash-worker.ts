/** The client's worker, as a file that the bundler makes of it. */

import '@lading/client/hash-worker'
