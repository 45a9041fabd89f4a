// The only door to sockets: outside of it nobody asks the kernel for one, or for what is ready, and
// `./run lint` sees to it. There are two ways through. Sessions on a loop are coroutines: loop.h,
// listener.h, connect.h, socket.h, relay.h. Whoever waits in a way of its own has, in the folder
// above, plain_stream.h, accept.h and dial.h, which never wait unless they say so, and to wait with
// wait.h (a thread), poll_set.h (many descriptors) and wakeup.h (another thread).
#pragma once

#include "lab/net/bind.h"
#include "lab/net/error.h"
#include "lab/net/loop/connect.h"
#include "lab/net/loop/listener.h"
#include "lab/net/loop/loop.h"
#include "lab/net/loop/quota.h"
#include "lab/net/loop/relay.h"
#include "lab/net/loop/socket.h"
#include "lab/net/loop/task.h"
#include "lab/net/resolve.h"
