using System.CommandLine;
using System.Net.Sockets;
using Spectre.Console;
using Viaduct.Addressing;
using Viaduct.Cli.Output;
using Viaduct.Cluster;
using Viaduct.Kube.Api;
using Viaduct.Kube.Config;
using Viaduct.Kube.Manifests;
using Viaduct.Lab.Drawing;
using Viaduct.Lab.Engine;
using Viaduct.Linux;
using Viaduct.Linux.Namespaces;
using Viaduct.Proxy.Server;
using Viaduct.Proxy.Server.Configuration;
using Viaduct.Proxy.Switching;

namespace Viaduct.Cli.Commands;

/// <summary>Exit codes, and the one place that turns a failure into a sentence.</summary>
internal static class CommandRunner
{
    public const int Success = 0;
    public const int Failure = 1;

    /// <summary>128 + SIGINT, as shells report it.</summary>
    public const int Interrupted = 130;

    public static void SetRunner(this Command command, Func<ParseResult, CancellationToken, Task<int>> run) =>
        command.SetAction((parse, cancellation) => RunAsync(() => run(parse, cancellation), cancellation));

    private static async Task<int> RunAsync(Func<Task<int>> run, CancellationToken cancellation)
    {
        RuntimeThreads.StartHere();
        try
        {
            return await run();
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return Interrupted;
        }
        catch (Exception e) when (SpeaksForItself(e))
        {
            Fail(e.Message);
            return Failure;
        }
    }

    /// <summary>Whether its message is for who gave the command.</summary>
    public static bool SpeaksForItself(Exception e) =>
        e is ClusterException or AddressingException or DrawingException or ExperimentFailedException or KubeApiException or ManifestException or KubeconfigException or ProxyConfigurationException or ProxyEndException or ProxyModeException or LinuxException or IOException or UnauthorizedAccessException or HttpRequestException or SocketException or FormatException;

    public static void Fail(string message)
    {
        try
        {
            Stderr.MarkupLineInterpolated($"[red]error:[/] {message}");
        }
        catch (IOException)
        {
            // Standard error takes nothing; the exit code still tells.
        }
    }

    public static IAnsiConsole Stderr { get; } = Tables.CreateConsole(Console.Error);
}
