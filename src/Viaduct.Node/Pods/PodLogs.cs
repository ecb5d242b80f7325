using System.Collections.Concurrent;
using System.Globalization;
using Viaduct.Node.Logs;

namespace Viaduct.Node.Pods;

/// <summary>The log files of one pod: <c>DIR/CONTAINER/RUN.log</c>. A container keeps the logs of its last two runs, as a kubelet does.</summary>
internal sealed class PodLogs(string directory, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, (int Run, ContainerLog Log)> _live = new(StringComparer.Ordinal);

    public ContainerLog Open(string container, int run)
    {
        var log = new ContainerLog(PathOf(container, run), time);
        _live[container] = (run, log);
        File.Delete(PathOf(container, run - 2));
        return log;
    }

    /// <summary>The newest run, or the one before; null when there is none. The log object is there while the agent that wrote it lives.</summary>
    public (string Path, ContainerLog? Live)? Find(string container, bool previous)
    {
        if (!_live.TryGetValue(container, out var newest))
            return null;
        var path = PathOf(container, previous ? newest.Run - 1 : newest.Run);
        return File.Exists(path) ? (path, previous ? null : newest.Log) : null;
    }

    public void Delete()
    {
        if (Directory.Exists(directory))
            Directory.Delete(directory, recursive: true);
    }

    private string PathOf(string container, int run) => Path.Combine(directory, container, run.ToString(CultureInfo.InvariantCulture) + ".log");
}
