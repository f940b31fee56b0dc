// Shows the page of a request anew once it is decided. Without scripts the page says to reload it.
const place = document.querySelector("[data-waits]");
if (place && window.EventSource) {
  const id = place.dataset.waits;
  const api = "/api/v1/requests/";
  const look = (request) => {
    if (request.id === id && request.status !== "accepted") location.reload();
  };
  const still = place.querySelector(".still");
  still.textContent = still.dataset.live;
  const outcomes = new EventSource(`${api}stream`);
  // It may have been decided before the stream began.
  outcomes.onopen = async () => look(await (await fetch(api + id)).json());
  for (const end of ["succeeded", "refused", "failed"]) {
    outcomes.addEventListener(`request.${end}`, (message) => look(JSON.parse(message.data)));
  }
}
