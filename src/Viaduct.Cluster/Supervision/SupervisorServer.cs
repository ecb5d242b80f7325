using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Viaduct.Cluster.Model;
using Viaduct.Cluster.Underlay;
using Viaduct.Node.Server;

namespace Viaduct.Cluster.Supervision;

/// <summary>One process of the cluster; <paramref name="Id"/> is as seen inside of the cluster, null between two lives.</summary>
public sealed record ProcessInfo(string Name, int? Id, int Restarts);

/// <summary>The supervisor's HTTP interface on a unix socket that only the cluster's user can open.</summary>
internal static class SupervisorServer
{
    public const string ProcessesPath = "/processes";

    public static async Task<WebApplication> StartAsync(
        ClusterPaths paths, IReadOnlyCollection<SupervisedProcess> processes, UnderlayNetwork underlay, ILoggerFactory loggers)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenUnixSocket(paths.SupervisorSocket));
        builder.Services.AddSingleton(loggers);
        var server = builder.Build();
        server.MapGet(ProcessesPath, context => WriteProcessesAsync(context, processes));
        server.MapPost(ConnectivityEndpoint.Path, new ConnectivityEndpoint(from => from == UnderlayNames.Outside ? underlay[from] : null).HandleAsync);
        await server.StartAsync();
        return server;
    }

    private static Task WriteProcessesAsync(HttpContext context, IReadOnlyCollection<SupervisedProcess> processes)
    {
        IReadOnlyList<ProcessInfo> infos = [.. processes.Select(p => new ProcessInfo(p.Name, p.Id, p.Restarts))];
        return context.Response.WriteAsJsonAsync(infos, SupervisionJson.Default.IReadOnlyListProcessInfo);
    }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(IReadOnlyList<ProcessInfo>))]
internal sealed partial class SupervisionJson : JsonSerializerContext;
