export { VirtualClock } from '../../src/virtual-clock.ts';
