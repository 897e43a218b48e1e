/*
 * Preloaded into pcscd for the tests. The virtual reader's driver (vsmartcard-vpcd 3.3) writes the length and the body
 * of a frame apart, so Nagle's algorithm and the delayed acknowledgement cost about 44 ms an APDU; and it listens on all
 * interfaces. This switches the first off for every accepted connection and keeps the second to the loopback.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

int accept(int listener, struct sockaddr *address, socklen_t *length)
{
	int (*next)(int, struct sockaddr *, socklen_t *) = dlsym(RTLD_NEXT, "accept");
	int connection = next(listener, address, length);
	int on = 1;

	/* Fails on the daemon's own Unix socket, harmlessly. */
	if (connection >= 0)
		setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	return connection;
}

int bind(int listener, const struct sockaddr *address, socklen_t length)
{
	int (*next)(int, const struct sockaddr *, socklen_t) = dlsym(RTLD_NEXT, "bind");

	if (address->sa_family == AF_INET && length >= sizeof(struct sockaddr_in)) {
		struct sockaddr_in local = *(const struct sockaddr_in *)address;

		if (local.sin_addr.s_addr == htonl(INADDR_ANY))
			local.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		return next(listener, (const struct sockaddr *)&local, sizeof local);
	}
	return next(listener, address, length);
}
