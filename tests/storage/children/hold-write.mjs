// A foreign program in the middle of a write: holds the file's write lock until its input ends. argv: the file
import Database from 'better-sqlite3';

const database = new Database(process.argv[2]);
database.exec('BEGIN IMMEDIATE');
console.log('held');
process.stdin.resume();
process.stdin.on('end', () => database.exec('ROLLBACK'));
