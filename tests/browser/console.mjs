// The tests of the console: node console.mjs SERVER [PART_OF_A_NAME...]

import './calls.mjs';
import './forms.mjs';
import './results.mjs';
import './tasks.mjs';
import './safety.mjs';
import './connection.mjs';
import './streams.mjs';
import './media.mjs';
import './accessibility.mjs';
import { run } from './harness.mjs';

await run();
