using Microsoft.Extensions.Logging;
using Viaduct.Cluster.Model;

namespace Viaduct.Cluster.Supervision;

/// <summary>The verb <c>supervise</c>: a <see cref="Supervisor"/> that ends on SIGTERM, SIGINT, or when its starter lets go.</summary>
public static class SupervisorProcess
{
    public static async Task<int> RunAsync(ClusterPaths paths, ILoggerFactory loggers)
    {
        using var life = new ProcessLife();
        _ = WatchLifelineAsync(Console.OpenStandardInput(), life);
        try
        {
            await new Supervisor(paths, Environment.ProcessPath!, Say, loggers).RunAsync(life.Stopping);
            return 0;
        }
        catch (Exception e)
        {
            Log.Failed(loggers.CreateLogger<Supervisor>(), paths.Name, e);
            Say(new ProgressLine(ProgressKind.Error, e.Message));
            return 1;
        }
    }

    /// <summary>The starter holds the other end; it says <c>detach</c> when the cluster may live on without it.</summary>
    private static async Task WatchLifelineAsync(Stream lifeline, ProcessLife life)
    {
        using var reader = new StreamReader(lifeline);
        while (await reader.ReadLineAsync() is { } line)
        {
            if (line == "detach")
                return;
        }

        life.End();
    }

    private static void Say(ProgressLine line)
    {
        try
        {
            Console.Out.WriteLine(line);
            Console.Out.Flush();
        }
        catch (IOException)
        {
            // Nobody waits any more: the starter detached and went.
        }
    }
}
