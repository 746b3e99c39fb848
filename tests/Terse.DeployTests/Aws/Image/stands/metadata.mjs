// A stand-in of the metadata service, version 2: values are files of /shared/metadata.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

createServer((request, response) => {
  const path = request.url.replace(/^\/latest\//, '');
  if (path === 'api/token' && request.method === 'PUT')
    return response.end('a token');
  if (request.headers['x-aws-ec2-metadata-token'] !== 'a token')
    return response.writeHead(401).end();
  try {
    response.end(readFileSync('/shared/metadata/' + path.replace(/^meta-data\//, '')));
  } catch {
    response.writeHead(404).end();
  }
}).listen(80, '169.254.169.254');
