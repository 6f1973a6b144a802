// Says so when a passkey did not work: the browser tells only the page's script.
document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  document.getElementById("passkey-failed").hidden = false;
});
