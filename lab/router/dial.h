// Which of a route's backends a client is connected to.
#pragma once

#include <optional>

#include "lab/net/loop/socket.h"
#include "lab/net/loop/task.h"
#include "lab/route/route_table.h"
#include "lab/router/serve.h"
#include "lab/router/session_record.h"
#include "lab/router/table.h"

namespace sni::router {

/// The first backend of `route` that answers, in the order that their weights and rests give;
/// nothing when none does, and `record` says why. Throws net::Error when the client leaves. All
/// must outlive the task.
net::Task<std::optional<net::Socket>> dial(net::Socket& client, const route::Route& route,
                                           const Table& table, WorkerContext& context,
                                           SessionRecord& record);

}  // namespace sni::router
