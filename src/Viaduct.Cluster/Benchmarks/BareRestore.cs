using System.Text;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Processes;

namespace Viaduct.Cluster.Benchmarks;

/// <summary>
/// The least that a change costs in iptables mode: iptables-restore alone, which writes one Service's chain anew. Beside it the proxy can only add.
/// </summary>
internal sealed class BareRestore(NetNamespace inside, string variant)
{
    private const string ChainPrefix = "KUBE-SVC-";

    /// <summary>Milliseconds of each run.</summary>
    public async Task<List<double>> RunAsync(int runs)
    {
        var script = Encoding.ASCII.GetBytes(Script(await RunAsync($"{variant}-save", ["-t", "nat"], null)));
        var times = new List<double>();
        for (var i = 0; i < runs; i++)
        {
            var start = TimeProvider.System.GetTimestamp();
            await RunAsync($"{variant}-restore", ["--noflush", "-w", "5"], script);
            times.Add(Math.Round(TimeProvider.System.GetElapsedTime(start).TotalMilliseconds, 3));
        }

        return times;
    }

    private static string Script(string saved)
    {
        var lines = saved.Split('\n');
        var chain = lines.First(l => l.StartsWith($":{ChainPrefix}", StringComparison.Ordinal)).Split(' ')[0][1..];
        var rules = lines.Where(l => l.StartsWith($"-A {chain} ", StringComparison.Ordinal));
        return $"*nat\n:{chain} - [0:0]\n{string.Join('\n', rules)}\nCOMMIT\n";
    }

    private async Task<string> RunAsync(string program, string[] arguments, byte[]? input)
    {
        var ((childInput, toChild), (fromChild, childOutput)) = (Pipe.Create(), Pipe.Create());
        ChildProcess child;
        using (childInput)
        using (childOutput)
        {
            child = ChildProcess.Start(new ProcessSpec { Path = program, Arguments = arguments, NetNamespace = inside, StandardInput = childInput, StandardOutput = childOutput });
        }

        using (child)
        {
            using (var stream = new FileStream(toChild, FileAccess.Write, bufferSize: 0))
                stream.Write(input ?? []);
            using var reader = new StreamReader(new FileStream(fromChild, FileAccess.Read));
            var output = await reader.ReadToEndAsync();
            return await child.Exited is { IsSuccess: true } ? output : throw new ClusterException($"{program} {await child.Exited}.");
        }
    }
}
