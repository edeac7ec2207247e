"""A program as somebody else would write it: one end never reads, the other sends four bytes at a time."""
import os
import socket
import time

listener = socket.create_server(("127.0.0.1", 0))
writer = socket.create_connection(listener.getsockname())
writer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
reader, _ = listener.accept()
for _ in range(3000):
    writer.send(b"four")
    time.sleep(0.0003)
print("READY", reader.getsockname()[1], os.getpid(), flush=True)
while True:
    writer.send(b"four")
    time.sleep(0.1)
