// Says beside a slider where it stands; its form works without this.
for (const slider of document.querySelectorAll('.slider input[type="range"]')) {
  const said = slider.form.querySelector("output");
  slider.addEventListener("input", () => { said.textContent = slider.value; });
}
