"""The least that a program of this kind does: a window of Qt with an empty picture of VTK."""

from __future__ import annotations

import json
import sys

import numpy as np
import vtkmodules.vtkRenderingOpenGL2  # noqa: F401  registers the platform's window
from processes import began, clock, cpu, peak_mb
from PyQt5.QtCore import QTimer
from PyQt5.QtGui import QImage, QPainter
from PyQt5.QtWidgets import QApplication, QMainWindow, QWidget
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkUnsignedCharArray
from vtkmodules.vtkRenderingCore import vtkRenderer, vtkRenderWindow


class Empty(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.window_ = vtkRenderWindow()
        self.window_.SetOffScreenRendering(1)
        self.window_.SetMultiSamples(0)
        self.window_.AddRenderer(vtkRenderer())

    def paintEvent(self, event: object) -> None:
        width, height = self.width(), self.height()
        self.window_.SetSize(width, height)
        self.window_.Render()
        pixels = vtkUnsignedCharArray()
        self.window_.GetRGBACharPixelData(0, 0, width - 1, height - 1, 1, pixels, 0)
        rows = np.ascontiguousarray(vtk_to_numpy(pixels).reshape(height, width, 4)[::-1])
        image = QImage(rows.data, width, height, QImage.Format_RGBX8888)
        QPainter(self).drawImage(0, 0, image)
        if not shown:
            shown.append({"first_frame_s": clock() - began(), "cpu_s": cpu(), "peak_mb": peak_mb()})
        QTimer.singleShot(0, QApplication.quit)


shown: list[dict[str, float]] = []
application = QApplication(sys.argv)
main = QMainWindow()
main.setCentralWidget(Empty())
main.resize(1440, 900)
main.show()
application.exec_()
json.dump(shown[0], sys.stdout)
