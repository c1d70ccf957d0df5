import { testCrashRounds } from '../support/crash/crash-tests.js';

testCrashRounds(50);
