"""What both doors share: keys to workspaces, the checks of an event, the user hash, the way into the streams."""
