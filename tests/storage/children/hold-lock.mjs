// Takes the instance lock, says so, and keeps it until it is killed. argv: the built storage folder, the file
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [, , storage, file] = process.argv;
const { acquireInstanceLock } = await import(pathToFileURL(path.join(storage, 'instance-lock.js')).href);
try {
  acquireInstanceLock(file, { pid: process.pid, bootId: `boot of ${process.pid}` });
  console.log('held');
  process.stdin.resume();
} catch (error) {
  console.log(error.code);
}
