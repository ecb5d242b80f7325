using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Processes;
using Viaduct.Node.Containers;
using Viaduct.Node.Sandboxes;

namespace Viaduct.Node.Network;

/// <summary>Calls the CNI plugin as a container runtime does: environment, configuration on standard input, result on standard output.</summary>
internal sealed class CniRunner(NodeOptions options, NetNamespace node, Func<CniConfiguration> configuration, ILogger log) : IDisposable
{
    public const string InterfaceName = "eth0";

    /// <summary>More at a time only fight for the kernel's rtnl lock.</summary>
    private const int Parallel = 4;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly SemaphoreSlim _slots = new(Parallel);

    public async Task<CniResult> AddAsync(SandboxRecord sandbox, CancellationToken cancellation) =>
        CniResult.Parse(await CallAsync("ADD", sandbox, configuration().Request(null), cancellation));

    public async Task DeleteAsync(SandboxRecord sandbox, CancellationToken cancellation) =>
        await CallAsync("DEL", sandbox, configuration().Request(sandbox.Result), cancellation);

    public void Dispose() => _slots.Dispose();

    private async Task<string> CallAsync(string command, SandboxRecord sandbox, JsonObject request, CancellationToken cancellation)
    {
        await _slots.WaitAsync(cancellation);
        try
        {
            var began = Stopwatch.GetTimestamp();
            var output = await ExecuteAsync(command, sandbox, Encoding.UTF8.GetBytes(request.ToJsonString()), cancellation);
            Log.CniCalled(log, command, sandbox.Id, (long)Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            return output;
        }
        finally
        {
            _slots.Release();
        }
    }

    private async Task<string> ExecuteAsync(string command, SandboxRecord sandbox, byte[] input, CancellationToken cancellation)
    {
        using var streams = new ChildStreams(withInput: true);
        using var child = ChildProcess.Start(new ProcessSpec
        {
            Path = options.CniPluginPath,
            Arguments = [],
            Environment = Environment(command, sandbox),
            NetNamespace = node,
            StandardInput = streams.ChildInput,
            StandardOutput = streams.ChildOutput,
            StandardError = streams.ChildError,
        });
        streams.CloseChildSide();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Limit);
        try
        {
            var output = ReadAsync(streams.Output, limit.Token);
            var error = ReadAsync(streams.Error, limit.Token);
            await streams.Input!.WriteAsync(input, limit.Token);
            streams.CloseInput();
            var (text, said, status) = (await output, await error, await child.Exited.WaitAsync(limit.Token));
            if (said.Length > 0)
                Log.CniSaid(log, said.TrimEnd());
            return status.Code == 0 ? text : throw new CniException(CniResult.ErrorText(text, said, status.Code));
        }
        catch (OperationCanceledException)
        {
            // Whoever called shall find nobody at work any more; what is half-made the next agent undoes by its record.
            child.Signal(Signals.Kill);
            await child.Exited;
            if (cancellation.IsCancellationRequested)
                throw;
            throw new CniException($"viaduct-cni {command} did not end within {Limit.TotalSeconds:0} s and was killed");
        }
    }

    private Dictionary<string, string> Environment(string command, SandboxRecord sandbox) => new(StringComparer.Ordinal)
    {
        ["PATH"] = ContainerEnvironment.DefaultPath,
        ["CNI_COMMAND"] = command,
        ["CNI_CONTAINERID"] = sandbox.Id,
        ["CNI_NETNS"] = File.Exists(sandbox.NetNamespacePath) ? sandbox.NetNamespacePath : "",
        ["CNI_IFNAME"] = InterfaceName,
        ["CNI_PATH"] = Path.GetDirectoryName(options.CniPluginPath) ?? "/",
        ["CNI_ARGS"] = $"IgnoreUnknown=1;K8S_POD_NAMESPACE={sandbox.PodNamespace};K8S_POD_NAME={sandbox.PodName};"
            + $"K8S_POD_INFRA_CONTAINER_ID={sandbox.Id};K8S_POD_UID={sandbox.PodUid}",
    };

    private static async Task<string> ReadAsync(Stream stream, CancellationToken cancellation)
    {
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return await reader.ReadToEndAsync(cancellation);
    }
}
