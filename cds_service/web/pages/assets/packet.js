/* What is typed goes to the printed page as well; without this script the fields themselves are printed. */
document.documentElement.classList.add("scripted");
document.addEventListener("input", (event) => {
  const printed = document.getElementById(`${event.target.id}-printed`);
  if (printed) printed.textContent = event.target.value;
});
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) print();
});
