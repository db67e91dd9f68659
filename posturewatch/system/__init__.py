"""What surrounds the program on a desktop: session, power, microphone, screens, notifications, start at login."""
