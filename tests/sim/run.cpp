#include "tests/sim/run.h"

#include <cerrno>
#include <memory>
#include <optional>
#include <string>

#include <fmt/format.h>
#include <malloc.h>

#include "certs/digest.h"
#include "lab/router/worker.h"
#include "lab/witness/packed_session.h"
#include "lab/witness/record.h"
#include "tests/sim/memory.h"
#include "tests/sim/setting.h"
#include "tests/sim/world.h"

namespace sni::sim {

namespace {

/// What a witness says of each stream must be what was read of it, or, where something failed, its
/// beginning.
void judge_witness(const witness::Record& record, const Peers& peers, bool calm, Kernel& kernel) {
    const auto judge = [&](const proof::WitnessedStream& stream, const Conn& conn,
                           std::uint64_t own) {
        const std::uint64_t size = stream.all.bytes;
        const std::uint64_t taken = conn.taken - own;
        if (size > taken || (calm && size < taken)) {
            return kernel.wrong(fmt::format("a witness has seen {} bytes of {}, and {} were read",
                                            size, conn.id, taken));
        }
        std::vector<std::byte> bytes(size);
        conn.says.copy(own, bytes);
        if (stream.all.sha256 != certs::sha256(bytes))
            kernel.wrong(fmt::format("a witness has another digest of {}", conn.id));
    };
    for (const proof::WitnessedSession& session : record.sessions()) {
        if (!session.ended) kernel.wrong("a witness thinks that a session goes on");
        for (const Client& client : peers.clients()) {
            if (session.peer != to_string(client.conn->peer) || !client.backend) continue;
            judge(session.up, *client.conn, client.own);
            judge(session.down, *client.backend, 0);
        }
    }
}

class BytesSeen final : public router::Observer {
  public:
    explicit BytesSeen(std::uint64_t& seen) : seen_(seen) {}
    void up(Bytes bytes) override { seen_ += bytes.size(); }
    void down(Bytes bytes) override { seen_ += bytes.size(); }
    void ended(const router::SessionRecord&) noexcept override {}

  private:
    std::uint64_t& seen_;
};

Outcome run_once(Tape& tape, Flaw flaw, bool traced) {
    static const bool ready = [] {
        // A loop's buffer is large: asking the real kernel for it each time would be most of the
        // work.
        ::mallopt(M_MMAP_THRESHOLD, 8 << 20);
        ::mallopt(M_TRIM_THRESHOLD, 64 << 20);
        // What a witness packs sessions in stays with the thread. It is as large as it gets before
        // any seed, so that the first draws no other lots than it would as a later one.
        witness::PackedSession().end({}, {}, {}, std::string(1 << 20, ' '), {});
        return true;
    }();
    (void)ready;
    Kernel kernel(tape, flaw, traced);
    Setting setting(tape);
    Peers peers(tape, kernel, setting.deadlines());
    peers.set_manners(setting.manners);
    peers.set_means(setting.calm, setting.quota);
    draw_clients(tape, setting, peers);
    Outcome outcome;
    const std::int64_t held_before = pieces_held();
    const std::uint64_t refused_before = refusals();
    {
        router::Options& options = setting.options;
        std::uint64_t seen = 0;
        if (setting.watched) {
            options.observe = [&seen](const router::SessionRecord&) {
                return std::make_unique<BytesSeen>(seen);
            };
        }
        std::optional<witness::Record> witness;
        if (setting.witnessed) {
            witness.emplace(100);
            options.observe = [&witness](const router::SessionRecord& connection) {
                return witness->watch(connection);
            };
        }
        options.on_record = [&peers](const router::SessionRecord& record) {
            const NotTheProgram here;
            peers.filed(record);
        };
        kernel.play(peers);
        net::PipePool pipes(setting.pipes);
        net::Quota quota(setting.quota);
        const auto old_table = first_routes(setting);
        const auto new_table = new_routes(setting);
        router::Worker worker(options, old_table, pipes, [] {}, 0, 1);
        peers.on_events({
            .reload =
                [&] {
                    if (flaw != Flaw::keeps_old_routes) worker.context.table.set(new_table);
                },
            .drain =
                [&] { worker.loop.post([&] { worker.loop.spawn(worker.close_listeners()); }); },
            .look = [&] { worker.loop.post([&] { (void)look(worker.context, 3); }); },
            .stop = [&] { worker.loop.stop(); },
            .exceeds = [&]() -> std::string {
                const net::HeldBytes& kept = worker.loop.held();
                if (kept.bytes() > kept.most())
                    return fmt::format("{} bytes are held, of {}", kept.bytes(), kept.most());
                // The smallest limit lets one hello through.
                const router::StalledHellos& stalled = worker.context.stalled;
                if (stalled.bytes() > stalled.most() && stalled.count() > 1)
                    return fmt::format("hellos of {} bytes wait, of {}", stalled.bytes(),
                                       stalled.most());
                return {};
            },
        });
        worker.listen(net::Descriptor(kernel.make_listener(here())), quota);
        kernel.set_shortage(setting.shortage);
        kernel.set_disorder(setting.disorder);
        {
            const TheProgram program(tape, setting.memory);
            worker.loop.run();
        }
        kernel.set_shortage(0);
        kernel.set_disorder(0);
        const router::Counters& counters = worker.context.counters;
        std::uint64_t ended = 0;
        for (const std::uint64_t each : counters.ended)
            ended += each;
        outcome.connections = peers.accepted();
        outcome.relayed = counters.ended[static_cast<std::size_t>(router::Outcome::routed)];
        outcome.bytes = counters.bytes_up + counters.bytes_down;
        if (witness) judge_witness(*witness, peers, setting.calm && !peers.stopped_early(), kernel);
        if (worker.context.live != 0) kernel.wrong("sessions are left");
        if (worker.loop.held().bytes() != 0 || worker.loop.held().piped() != 0)
            kernel.wrong("bytes are still held");
        if (worker.context.stalled.bytes() != 0) kernel.wrong("hellos still stall");
        if (ended != peers.records() + counters.lost_records)
            kernel.wrong(
                fmt::format("{} sessions ended, and {} have a record", ended, peers.records()));
        if (quota.taken() != 0) kernel.wrong("slots of the quota are still taken");
        if (pipes.taken() != 0) kernel.wrong("pipes are still taken");
    }
    if (kernel.open_files() > 0)
        kernel.wrong(fmt::format("descriptors are left: {}", kernel.names_of_open_files()));
    kernel.stop_playing();
    peers.judge_end();
    outcome.pieces_left = pieces_held() - held_before;
    outcome.refusals = refusals() - refused_before;
    outcome.calls = kernel.calls();
    outcome.wrong = kernel.verdict();
    outcome.trace = kernel.trace();
    return outcome;
}

}  // namespace

Outcome run_with(Play once, Tape& tape, Flaw flaw, bool traced) {
    Outcome outcome = once(tape, flaw, traced);
    if (outcome.pieces_left == 0) return outcome;
    // What is made once in a process stays: only what is left again and again is lost.
    Tape again(tape.drawn());
    outcome = once(again, flaw, traced);
    if (outcome.pieces_left != 0 && outcome.wrong.empty())
        outcome.wrong = fmt::format("{} pieces of memory are left", outcome.pieces_left);
    return outcome;
}

Outcome run(Tape& tape, Flaw flaw, bool traced) {
    return run_with(run_once, tape, flaw, traced);
}

}  // namespace sni::sim
