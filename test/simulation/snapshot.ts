import { writeFileSync } from 'node:fs';
import { measureTable } from './throughput.ts';

/** npm run snapshot: measures the throughput anew and keeps it as what tests expect. */
const table = measureTable();
writeFileSync(new URL('./throughput.json', import.meta.url), `${JSON.stringify(table, null, 2)}\n`);
console.table(table);
