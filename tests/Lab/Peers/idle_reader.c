/* The same as idle_reader.py: one end never reads, the other sends four bytes at a time. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof at;
    int one = 1, listener = socket(AF_INET, SOCK_STREAM, 0), writer = socket(AF_INET, SOCK_STREAM, 0), reader;

    if (bind(listener, (struct sockaddr *)&at, size) || listen(listener, 1) || getsockname(listener, (struct sockaddr *)&at, &size)
        || connect(writer, (struct sockaddr *)&at, size) || setsockopt(writer, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one)
        || (reader = accept(listener, NULL, NULL)) < 0) {
        perror("idle_reader");
        return 1;
    }
    for (int i = 0; i < 3000 && send(writer, "four", 4, 0) == 4; i++)
        usleep(300);
    printf("READY %d %d\n", ntohs(at.sin_port), getpid());
    fflush(stdout);
    while (send(writer, "four", 4, 0) == 4)
        usleep(100000);
    return 0;
}
