"""The icons: the inside of a 24 by 24 SVG, drawn with one stroke in the colour of the text around it.

Every icon stands beside words. A new one is a line here, in the same hand: no fill, round caps.
"""

PATHS = {
    "arrow-right": '<path d="M4 12h14M13 6.5 18.5 12 13 17.5"/>',
    "bell": '<path d="M6 9a6 6 0 0 1 12 0c0 6 2.5 7 2.5 7h-17S6 15 6 9M10 20a2.2 2.2 0 0 0 4 0"/>',
    "calendar": '<rect x="4" y="5.5" width="16" height="14.5" rx="1.5"/><path d="M4 10h16M8 3.5v4M16 3.5v4"/>',
    "check": '<path d="m5 12.5 4.5 4.5L19 7.5"/>',
    "clock": '<circle cx="12" cy="12" r="8.5"/><path d="M12 7.5V12l3 2"/>',
    "cross": '<path d="m6.5 6.5 11 11M17.5 6.5l-11 11"/>',
    "document": '<path d="M6 3.5h8l4.5 4.5v12.5H6zM9 12h6M9 16h6"/>',
    "download": '<path d="M12 4v11M7 10.5l5 5 5-5M5 20h14"/>',
    "eye": '<path d="M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12"/><circle cx="12" cy="12" r="2.75"/>',
    "eye-off": (
        '<path d="M4 4l16 16M9.5 6c.8-.3 1.6-.5 2.5-.5 6 0 9.5 6.5 9.5 6.5s-1 1.9-2.9 3.6'
        'M6.3 7.7C3.8 9.5 2.5 12 2.5 12S6 18.5 12 18.5c1.5 0 2.8-.4 4-1"/>'
    ),
    "flag": '<path d="M6 21V4h11l-2.5 4L17 12H6"/>',
    "leave": '<path d="M14 4H6v16h8M10.5 12H20M16.5 8.5 20 12l-3.5 3.5"/>',
    "list": '<path d="M5 6.5h2M5 12h2M5 17.5h2M10.5 6.5H20M10.5 12H20M10.5 17.5H20"/>',
    "lock": '<rect x="5.5" y="11" width="13" height="9" rx="1.5"/><path d="M8.5 11V8a3.5 3.5 0 0 1 7 0v3"/>',
    "pen": '<path d="M5 19l1-4L16 5l3 3L9 18z"/>',
    "people": (
        '<circle cx="9" cy="9" r="3"/><path d="M3.5 19c0-3.5 2.5-5 5.5-5s5.5 1.5 5.5 5'
        'M16 6.5a3 3 0 0 1 0 5.5M17.5 14.5c2 .5 3 2 3 4.5"/>'
    ),
    "plus": '<path d="M12 5v14M5 12h14"/>',
    "print": '<path d="M7 8.5V3.5h10v5M7 17H4V8.5h16V17h-3M7 14h10v6.5H7z"/>',
    "search": '<circle cx="11" cy="11" r="6.5"/><path d="m16 16 4.5 4.5"/>',
    "warning": '<path d="M12 4 3 19.5h18zM12 10v4.5M12 17v.1"/>',
}
