"""What the pytest plugin is made of; the running simulators are of use without it, too."""
