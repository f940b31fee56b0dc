// Shows the page of a request anew once it is decided. Without scripts the page says to reload it.
const place = document.querySelector("[data-waits]");
if (place && window.EventSource) {
  const id = place.dataset.waits;
  const api = "/api/v1/requests/";
  const still = place.querySelector(".still");
  const reload = still.textContent;
  let outcomes;

  const look = (request) => {
    if (outcomes.readyState === EventSource.CLOSED) return;
    if (request.id === id && request.status !== "accepted") location.reload();
  };
  const listen = () => {
    outcomes = new EventSource(`${api}stream`);
    outcomes.onopen = async () => {
      still.textContent = still.dataset.live;
      // It may have been decided before the stream began.
      look(await (await fetch(api + id)).json());
    };
    outcomes.onerror = () => {
      if (outcomes.readyState === EventSource.CLOSED) still.textContent = reload;
    };
    for (const end of ["succeeded", "refused", "failed"]) {
      outcomes.addEventListener(`request.${end}`, (message) => look(JSON.parse(message.data)));
    }
  };
  const rest = () => {
    outcomes?.close();
    still.textContent = reload;
  };

  if (!document.hidden) listen();
  // To reload would drop the answer to a form that is on its way.
  document.addEventListener("submit", rest);
  // A browser has six connections to a host, for all its pages: one that nobody sees holds none.
  document.addEventListener("visibilitychange", () => (document.hidden ? rest() : listen()));
}
