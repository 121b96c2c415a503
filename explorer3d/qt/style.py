"""Font, colours and style sheet of the windows."""

from __future__ import annotations

from qtpy.QtGui import QColor, QFont, QFontDatabase, QIcon, QPalette
from qtpy.QtWidgets import QApplication

from explorer3d.resources import resource
from explorer3d.scene.palette import DARK, Theme

# Ground, panel, field, line, menu bar, chosen, error, error's line, error's text.
_SHADES = {
    "dark": (
        "#0d0e1c",
        "#151729",
        "#1e2140",
        "#2b2f55",
        "#191c39",
        "#383bab",
        "#5a1f35",
        "#a23b5f",
        "#ffe9ef",
    ),
    "light": (
        "#e9ecf6",
        "#f6f7fc",
        "#ffffff",
        "#c9cee4",
        "#eceffa",
        "#c5c9ff",
        "#ffe3ea",
        "#d6839c",
        "#5a1022",
    ),
}
TEXT_PIXELS = 13
"""Height of text as designed."""
_ACCENT = "#7076f0"


def _sheet(theme: Theme, text: float) -> str:
    ground, panel, field, line, bar, chosen, error, error_line, error_text = _SHADES[theme.name]
    body, dim, faint = (QColor(*colour).name() for colour in (theme.text, theme.dim, theme.faint))
    return f"""
QMainWindow, QDialog {{ background: {ground}; }}
QDialog {{ border: 1px solid {line}; }}
QDialogButtonBox {{ dialogbuttonbox-buttons-have-icons: 0; }}
QMainWindow::separator {{ background: {ground}; width: 5px; height: 5px; }}
QMenuBar {{ background: {bar}; padding: 2px 6px; }}
QMenuBar::item {{ padding: 5px 10px; border-radius: 4px; }}
QMenuBar::item:selected, QMenu::item:selected {{ background: {chosen}; }}
QMenu {{ background: {panel}; border: 1px solid {line}; padding: 4px; }}
QMenu::item {{ padding: 5px 28px 5px 22px; border-radius: 4px; }}
QMenu::item:disabled {{ color: {faint}; }}
QMenu::separator {{ height: 1px; background: {line}; margin: 4px 8px; }}
QToolBar {{ background: {panel}; border: 0; padding: 4px 6px; spacing: 4px; }}
#qt_toolbar_ext_button {{ background: {field}; padding: 0;
    qproperty-icon: url("{resource("assets", "down.png").as_posix()}"); }}
QToolButton {{ padding: 5px 10px; border-radius: 5px; border: 1px solid transparent; }}
QToolButton:hover {{ background: {field}; }}
QToolButton:checked {{ background: {chosen}; }}
QToolButton:focus, QPushButton:focus, QComboBox:focus {{ border: 1px solid {_ACCENT}; }}
QPushButton {{ background: {field}; padding: 5px 12px; border-radius: 5px; border: 1px solid {line}; }}
QPushButton:hover {{ background: {line}; }}
QPushButton:checked {{ background: {chosen}; }}
QComboBox {{ background: {field}; padding: 4px 8px; border-radius: 5px; border: 1px solid {line}; }}
QComboBox::drop-down {{ border: 0; width: 22px; }}
QComboBox::down-arrow {{ image: url("{resource("assets", "down.png").as_posix()}"); }}
QComboBox QAbstractItemView {{ background: {panel}; selection-background-color: {chosen}; }}
QLineEdit {{ background: {field}; padding: 4px 7px; border-radius: 5px; border: 1px solid {line}; }}
QLineEdit:focus {{ border: 1px solid {_ACCENT}; }}
#note {{ background: transparent; border: 0; padding: 0 0 4px 0; }}
#section {{ padding: 4px 6px 4px 2px; font-weight: 600; }}
#small {{ padding: 2px 5px; }}
#section:checked {{ background: transparent; }}
QCheckBox {{ padding: 3px; border: 1px solid transparent; border-radius: 4px; }}
QCheckBox:focus {{ border: 1px solid {_ACCENT}; }}
QCheckBox::indicator {{ width: {round(13 * text)}px; height: {round(13 * text)}px; border-radius: 3px;
    background: {field}; border: 1px solid {dim}; }}
QCheckBox::indicator:checked {{ background: {_ACCENT}; border: 1px solid {body}; }}
QCheckBox::indicator:disabled {{ border: 1px solid {faint}; }}
QCheckBox:disabled {{ color: {faint}; }}
QTabBar {{ qproperty-drawBase: 0; }}
QTabBar::tab {{ background: {bar}; color: {dim}; padding: 6px 14px; border: 0; }}
QTabBar::tab:selected {{ background: {panel}; color: {body}; border-bottom: 2px solid {_ACCENT}; }}
QTabBar::tab:focus {{ color: {_ACCENT}; }}
QDockWidget::title {{ background: {panel}; padding: 7px 10px; }}
QDockWidget > QWidget, QScrollArea, QScrollArea > QWidget > QWidget {{ background: {panel}; border: 0; }}
QTableWidget {{ background: {panel}; border: 0; gridline-color: {line}; }}
QTableView {{ background: {panel}; border: 0; selection-background-color: {chosen}; }}
QHeaderView::section {{ background: {field}; border: 0; padding: 4px 6px; }}
QStatusBar {{ background: {panel}; }}
QStatusBar::item {{ border: 0; }}
QProgressBar {{ background: {field}; border: 0; border-radius: 4px; text-align: center; max-height: 14px; }}
QProgressBar::chunk {{ background: {_ACCENT}; border-radius: 4px; }}
QSlider::groove:horizontal {{ background: {line}; height: 4px; border-radius: 2px; }}
QSlider::handle:horizontal {{ background: {_ACCENT}; width: 14px; margin: -5px 0; border-radius: 7px; }}
QScrollBar:vertical {{ background: {panel}; width: 10px; }}
QScrollBar::handle:vertical {{ background: {line}; border-radius: 5px; min-height: 24px; }}
QScrollBar::handle:vertical:disabled {{ background: transparent; }}
QScrollBar:horizontal {{ background: {panel}; height: 10px; }}
QScrollBar::handle:horizontal {{ background: {line}; border-radius: 5px; min-width: 24px; }}
QScrollBar::add-line, QScrollBar::sub-line {{ height: 0; width: 0; }}
QToolTip {{ background: {field}; color: {body}; border: 1px solid {line}; padding: 4px; }}
#name {{ font-size: {round(17 * text)}px; font-weight: 600; }}
#key {{ font-weight: 600; }}
#dim {{ color: {dim}; }}
#banner {{ background: {error}; border: 1px solid {error_line}; border-radius: 8px; }}
#banner QLabel {{ color: {error_text}; background: transparent; }}
#banner[calm="true"] {{ background: {panel}; border-color: {line}; }}
#banner[calm="true"] QLabel {{ color: {body}; }}
#fault {{ background: {error}; color: {error_text}; border: 1px solid {error_line}; border-radius: 5px;
    padding: 6px; }}
#caption {{ background: {panel}; border: 1px solid {line}; border-radius: 6px; }}
#caption QLabel {{ background: transparent; }}
#caption QToolButton {{ padding: 1px 6px; }}
#live {{ color: {_ACCENT}; font-weight: 600; }}
#breadcrumb {{ background: {panel}; border: 1px solid {line}; border-radius: 6px; }}
#breadcrumb QLabel {{ background: transparent; }}
#breadcrumb QToolButton {{ padding: 1px 4px; }}
#unfold:checked {{ background: {field}; }}
#link {{ text-align: left; padding: 4px 8px; background: {field}; }}
#link:hover {{ background: {line}; }}
#welcome {{ background: {panel}; border: 1px solid {line}; border-radius: 10px; }}
#changes {{ background: {panel}; border: 1px solid {line}; border-radius: 8px; }}
#changes QLabel {{ background: transparent; }}
#find {{ background: {panel}; border: 1px solid {line}; border-radius: 8px; }}
#find QLabel {{ background: transparent; }}
#find QToolButton {{ padding: 5px 7px; }}
#find QToolButton::menu-indicator {{ image: none; }}
#welcome QLabel {{ background: transparent; }}
"""


def dress(application: QApplication, theme: Theme = DARK, text: float = 1.0) -> None:
    """Give the application its font, colours and icon.

    Parameters
    ----------
    application : QApplication
    theme : Theme
    text : float
        Size of all writing, 1 as designed.
    """
    application.setStyle("Fusion")
    for name in ("Inter-Regular.otf", "Inter-SemiBold.otf"):
        QFontDatabase.addApplicationFont(str(resource("assets", "fonts", name)))
    font = QFont("Inter")
    font.setPixelSize(round(TEXT_PIXELS * text))
    application.setFont(font)
    ground, panel, field, _, _, chosen, *_ = _SHADES[theme.name]
    palette = QPalette()
    for role, colour in (
        (QPalette.Window, panel),
        (QPalette.Base, panel),
        (QPalette.AlternateBase, field),
        (QPalette.Button, field),
        (QPalette.Highlight, chosen),
        (QPalette.ToolTipBase, field),
        (QPalette.Link, _ACCENT),
    ):
        palette.setColor(role, QColor(colour))
    for role in (
        QPalette.WindowText,
        QPalette.Text,
        QPalette.ButtonText,
        QPalette.HighlightedText,
        QPalette.ToolTipText,
        QPalette.BrightText,
    ):
        palette.setColor(role, QColor(*theme.text))
    for role in (QPalette.WindowText, QPalette.Text, QPalette.ButtonText):
        palette.setColor(QPalette.Disabled, role, QColor(*theme.faint))
    application.setPalette(palette)
    application.setStyleSheet(_sheet(theme, text))
    application.setWindowIcon(QIcon(str(resource("assets", "icon.png"))))
