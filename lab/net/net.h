// The only door to sockets: above it nobody names epoll or a file descriptor.
#pragma once

#include "lab/net/bind.h"
#include "lab/net/connect.h"
#include "lab/net/error.h"
#include "lab/net/listener.h"
#include "lab/net/loop.h"
#include "lab/net/quota.h"
#include "lab/net/relay.h"
#include "lab/net/resolve.h"
#include "lab/net/socket.h"
#include "lab/net/task.h"
