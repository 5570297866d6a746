/** Where what had the focus is gone: the heading of that part of the page, or of the page. */
export function focusHeading(part: Element | null | undefined): void {
  const heading = part?.querySelector('h2') ?? document.querySelector('h1');
  if (heading === null || heading === undefined) return;
  heading.tabIndex = -1;
  heading.focus();
}
