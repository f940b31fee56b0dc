// Shows the page of a request anew once it is decided. Without scripts the page says to reload it.
const place = document.querySelector("[data-waits]");
if (place && window.EventSource) {
  const id = place.dataset.waits;
  const api = "/api/v1/requests/";
  const look = (request) => {
    if (request.id === id && request.status !== "accepted") location.reload();
  };
  place.querySelector(".still").textContent = "What comes of it is shown here as soon as it is done.";
  const outcomes = new EventSource(`${api}stream`);
  // It may have been decided before the stream began.
  outcomes.onopen = async () => look(await (await fetch(api + id)).json());
  for (const end of ["succeeded", "refused", "failed"]) {
    outcomes.addEventListener(`request.${end}`, (message) => look(JSON.parse(message.data)));
  }
}
