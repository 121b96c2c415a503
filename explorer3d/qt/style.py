"""Font, colours and style sheet of the windows."""

from __future__ import annotations

from qtpy.QtGui import QColor, QFont, QFontDatabase, QIcon, QPalette
from qtpy.QtWidgets import QApplication

from explorer3d.resources import resource
from explorer3d.scene.palette import TEXT, TEXT_DIM, TEXT_FAINT

_GROUND, _PANEL, _FIELD, _LINE, _ACCENT = "#0d0e1c", "#151729", "#1e2140", "#2b2f55", "#7076f0"

_SHEET = f"""
QMainWindow, QDialog {{ background: {_GROUND}; }}
QMainWindow::separator {{ background: {_GROUND}; width: 5px; height: 5px; }}
QMenuBar {{ background: #191c39; padding: 2px 6px; }}
QMenuBar::item {{ padding: 5px 10px; border-radius: 4px; }}
QMenuBar::item:selected, QMenu::item:selected {{ background: #383bab; }}
QMenu {{ background: {_PANEL}; border: 1px solid {_LINE}; padding: 4px; }}
QMenu::item {{ padding: 5px 28px 5px 22px; border-radius: 4px; }}
QMenu::item:disabled {{ color: #666b90; }}
QMenu::separator {{ height: 1px; background: {_LINE}; margin: 4px 8px; }}
QToolBar {{ background: {_PANEL}; border: 0; padding: 4px 6px; spacing: 4px; }}
QToolButton {{ padding: 5px 10px; border-radius: 5px; border: 1px solid transparent; }}
QToolButton:hover {{ background: {_FIELD}; }}
QToolButton:checked {{ background: #383bab; }}
QToolButton:focus, QPushButton:focus, QComboBox:focus {{ border: 1px solid {_ACCENT}; }}
QPushButton {{ background: {_FIELD}; padding: 5px 12px; border-radius: 5px; border: 1px solid {_LINE}; }}
QPushButton:hover {{ background: #2a2e58; }}
QComboBox {{ background: {_FIELD}; padding: 4px 8px; border-radius: 5px; border: 1px solid {_LINE}; }}
QComboBox QAbstractItemView {{ background: {_PANEL}; selection-background-color: #383bab; }}
QDockWidget::title {{ background: {_PANEL}; padding: 7px 10px; }}
QDockWidget > QWidget, QScrollArea, QScrollArea > QWidget > QWidget {{ background: {_PANEL}; border: 0; }}
QTableWidget {{ background: {_PANEL}; border: 0; gridline-color: {_LINE}; }}
QHeaderView::section {{ background: {_FIELD}; border: 0; padding: 4px 6px; }}
QStatusBar {{ background: {_PANEL}; }}
QStatusBar::item {{ border: 0; }}
QProgressBar {{ background: {_FIELD}; border: 0; border-radius: 4px; text-align: center; max-height: 14px; }}
QProgressBar::chunk {{ background: {_ACCENT}; border-radius: 4px; }}
QSlider::groove:horizontal {{ background: {_LINE}; height: 4px; border-radius: 2px; }}
QSlider::handle:horizontal {{ background: {_ACCENT}; width: 14px; margin: -5px 0; border-radius: 7px; }}
QScrollBar:vertical {{ background: {_PANEL}; width: 10px; }}
QScrollBar::handle:vertical {{ background: {_LINE}; border-radius: 5px; min-height: 24px; }}
QScrollBar::add-line, QScrollBar::sub-line {{ height: 0; width: 0; }}
QToolTip {{ background: {_FIELD}; color: {QColor(*TEXT).name()}; border: 1px solid {_LINE}; padding: 4px; }}
#name {{ font-size: 17px; font-weight: 600; }}
#dim {{ color: {QColor(*TEXT_DIM).name()}; }}
#banner {{ background: #5a1f35; border: 1px solid #a23b5f; border-radius: 8px; }}
#banner QLabel {{ color: #ffe9ef; background: transparent; }}
#hint {{ color: {QColor(*TEXT_DIM).name()}; font-size: 16px; background: transparent; }}
"""


def dress(application: QApplication) -> None:
    """Give the application its font, colours and icon."""
    application.setStyle("Fusion")
    for name in ("Inter-Regular.otf", "Inter-SemiBold.otf"):
        QFontDatabase.addApplicationFont(str(resource("assets", "fonts", name)))
    font = QFont("Inter")
    font.setPixelSize(13)
    application.setFont(font)
    palette = QPalette()
    for role, colour in (
        (QPalette.Window, _PANEL),
        (QPalette.Base, _PANEL),
        (QPalette.AlternateBase, _FIELD),
        (QPalette.Button, _FIELD),
        (QPalette.Highlight, "#383bab"),
        (QPalette.ToolTipBase, _FIELD),
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
        palette.setColor(role, QColor(*TEXT))
    for role in (QPalette.WindowText, QPalette.Text, QPalette.ButtonText):
        palette.setColor(QPalette.Disabled, role, QColor(*TEXT_FAINT))
    palette.setColor(QPalette.Link, QColor(_ACCENT))
    application.setPalette(palette)
    application.setStyleSheet(_SHEET)
    application.setWindowIcon(QIcon(str(resource("assets", "icon.png"))))
