using System.Globalization;
using Microsoft.AspNetCore.Http;
using Viaduct.Node.Logs;
using Viaduct.Node.Pods;

namespace Viaduct.Node.Server;

/// <summary><c>GET /containerLogs/NS/POD/CONTAINER</c>: the text that a container wrote.</summary>
internal sealed class LogsEndpoint(PodManager pods)
{
    public async Task HandleAsync(HttpContext context)
    {
        var (ns, name, container) = PodPath.Of(context);
        var query = context.Request.Query;
        var previous = Flag(query, "previous");
        if (pods.Find(ns, name) is not { } worker)
        {
            await Refusal.NotFoundAsync(context, $"pod {ns}/{name} does not run on this node");
            return;
        }

        if (worker.Logs.Find(container, previous) is not { } log)
        {
            await Refusal.BadRequestAsync(context, Missing(worker, container, previous));
            return;
        }

        context.Response.ContentType = "text/plain";
        await context.Response.StartAsync(context.RequestAborted);
        var reader = new ContainerLogReader(QueryOf(query), async (text, stop) =>
        {
            await context.Response.Body.WriteAsync(text, stop);
            await context.Response.Body.FlushAsync(stop);
        });
        try
        {
            await reader.ReadAsync(log.Path, log.Live, context.RequestAborted);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The reader has seen enough.
        }
    }

    private static string Missing(PodWorker worker, string container, bool previous)
    {
        if (worker.Facts.All.All(c => c.Spec.Name != container))
            return $"container {container} is not valid for pod {worker.Name}";
        return previous
            ? $"previous terminated container \"{container}\" in pod \"{worker.Name}\" not found"
            : $"container \"{container}\" in pod \"{worker.Name}\" is waiting to start";
    }

    private static LogQuery QueryOf(IQueryCollection query) => new()
    {
        Follow = Flag(query, "follow"),
        Timestamps = Flag(query, "timestamps"),
        TailLines = Number(query, "tailLines"),
        LimitBytes = Number(query, "limitBytes"),
        Since = Number(query, "sinceSeconds") is { } seconds ? DateTimeOffset.UtcNow.AddSeconds(-seconds)
            : DateTimeOffset.TryParse(query["sinceTime"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null,
    };

    private static bool Flag(IQueryCollection query, string name) => query.TryGetValue(name, out var value) && value.ToString() is "true" or "1";

    private static long? Number(IQueryCollection query, string name) =>
        long.TryParse(query[name], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}

/// <summary>The three names in a kubelet's paths.</summary>
internal static class PodPath
{
    public static (string Namespace, string Pod, string Container) Of(HttpContext context)
    {
        var values = context.Request.RouteValues;
        return ((string)values["ns"]!, (string)values["pod"]!, (string)values["container"]!);
    }
}
