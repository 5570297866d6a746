interface Window {
  axe: typeof import('axe-core');
  /** How far what was shown has moved, as layout-shift entries tell. */
  shift: number;
}
