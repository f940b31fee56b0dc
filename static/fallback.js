// What htmx could not do in place is done as without scripts, and nothing of before is left as if
// it were an answer.
let leaving = false;
const fallBack = ({ detail: { requestConfig, target } }) => {
  const { elt } = requestConfig;
  if (target.dataset.failed) target.textContent = target.dataset.failed;
  else if (leaving) return;
  else if (elt.matches("form")) elt.submit();
  else if (elt.matches("button")) elt.form.requestSubmit(elt);
};
window.addEventListener("beforeunload", () => { leaving = true; });
document.addEventListener("htmx:responseError", fallBack);
document.addEventListener("htmx:sendError", fallBack);
document.addEventListener("htmx:beforeSwap", (event) => {
  const { pathInfo, xhr } = event.detail;
  const asked = new URL(pathInfo.requestPath, location);
  if (new URL(xhr.responseURL).pathname === asked.pathname) return;
  event.detail.shouldSwap = false;  // It was sent elsewhere, such as to log in.
  fallBack(event);
});
