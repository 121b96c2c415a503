"""What stands in the 3D scene; VTK without Qt."""

from explorer3d.graph.on_demand import load_on_demand

# pyvista imports it, and with it TLS and FTP, for downloads that nothing here asks for.
load_on_demand("pooch")
