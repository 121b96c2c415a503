"""The last resort for what the native readers cannot run: TensorFlow, in a process of its own.

Only on request, never while a file is opened. The process has a limit of memory and of time, and its result,
an ONNX file, is kept by the content of the model it was made of. Nothing a file brings is executed: Keras
loads in its safe mode, `suitable` refuses what asks for code before TensorFlow is started, and a SavedModel
that reads, writes or calls anything outside its own graph is refused by `saved_model`.
"""
