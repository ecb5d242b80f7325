using System.Text.Json;

namespace Viaduct.Tests.EndToEnd.Clusters;

/// <summary>
/// Requests to a Service from inside a pod, one new connection each, by some workers without a pause, until told to stop. Each request is made once: a
/// refusal, a reset or a time-out is a lost request. A stand-in that waited in vain for the first bytes answers without HTTP: such a request was late, not lost.
/// </summary>
internal sealed class ConstantLoad(TestCluster cluster, string pod, int workers = 4)
{
    private const string Client = """
        import json, os, socket, sys, threading, time
        address, port, stop, pods, workers = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
        answered, lost, servers, until = [0] * workers, [], set(), time.time() + 90
        def ask(worker):
            while not os.path.exists(stop) and time.time() < until:
                began = time.time()
                try:
                    with socket.create_connection((address, port), timeout=5) as s:
                        s.settimeout(5)
                        s.sendall(b'GET / HTTP/1.1\r\nHost: load\r\nConnection: close\r\n\r\n')
                        answer = b''
                        while (part := s.recv(4096)):
                            answer += part
                        body = answer.split(b'\r\n\r\n', 1)[-1]
                        if not body.startswith(b'pod: '):
                            raise OSError('answered %r' % answer[:80])
                        servers.add(body.split()[1].decode())
                        answered[worker] += 1
                        if len(servers) == pods:
                            open(stop + '.all', 'w').close()
                except OSError as e:
                    lost.append('%.3f s after %.3f s: %s' % (time.time(), time.time() - began, e))
        threads = [threading.Thread(target=ask, args=(i,)) for i in range(workers)]
        for t in threads: t.start()
        for t in threads: t.join()
        print(json.dumps({'answered': sum(answered), 'lost': lost, 'servers': sorted(servers)}))
        """;

    private readonly string _stop = Path.Combine(Path.GetTempPath(), $"viaduct-load-{Guid.NewGuid():N}");

    /// <summary>
    /// Loads the Service, and when each of its <paramref name="pods"/> has answered once, runs <paramref name="meanwhile"/> under that load; returns
    /// what was answered, what was lost, and by whom.
    /// </summary>
    public async Task<LoadResult> DuringAsync(string address, int port, int pods, Func<Task> meanwhile)
    {
        var load = cluster.ViaductAsync("exec", pod, "--", "python3", "-c", Client, address, $"{port}", _stop, $"{pods}", $"{workers}");
        try
        {
            await TestCluster.EventuallyAsync("every pod has answered", () => Task.FromResult(File.Exists(_stop + ".all")));
            await meanwhile();
        }
        finally
        {
            await File.WriteAllTextAsync(_stop, "");
        }

        var output = (await load).Succeed();
        File.Delete(_stop);
        File.Delete(_stop + ".all");
        var result = JsonDocument.Parse(output).RootElement;
        return new LoadResult(result.GetProperty("answered").GetInt32(), Texts(result, "lost"), Texts(result, "servers"));
    }

    private static string[] Texts(JsonElement result, string name) => [.. result.GetProperty(name).EnumerateArray().Select(e => e.GetString()!)];
}

internal sealed record LoadResult(int Answered, string[] Lost, string[] Servers);
