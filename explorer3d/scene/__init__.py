"""What stands in the 3D scene; VTK without Qt."""
