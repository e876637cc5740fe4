"""Development tools of Tidewheel: the embedded cluster, image builds, the test runner, the demo."""
