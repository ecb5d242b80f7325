using System.Collections;
using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Viaduct.Lab.Engine;
using Viaduct.Lab.Network;
using Viaduct.Linux;
using Viaduct.Linux.Processes;
using Viaduct.Linux.Tracing;
using Viaduct.Proxy.Backends;

namespace Viaduct.Lab.Experiments.UserAndKernel;

/// <summary>A <see cref="LabProxy"/> on a host: its processor time, and its system calls while something happens.</summary>
internal sealed class ProxyProcess : IAsyncDisposable
{
    private const int Urgent = 23;

    private readonly ChildProcess process;
    private readonly SafeFileHandle input;

    private ProxyProcess(ChildProcess process, SafeFileHandle input) => (this.process, this.input) = (process, input);

    public static async Task<ProxyProcess> StartAsync(LabPrograms programs, LabHost node, ProxyMode mode, string service, string endpoint)
    {
        var (read, write) = Pipe.Create();
        var (output, end) = Pipe.Create();
        ChildProcess process;
        using (read)
        using (end)
        {
            process = ChildProcess.Start(new ProcessSpec
            {
                Path = programs.Self,
                Arguments = [LabProxy.Verb, mode.ToString(), service, endpoint],
                // No compiler at work in the background while the process is looked at; a published program has none anyhow.
                Environment = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Where(e => (string)e.Key != "DOTNET_TieredCompilation")
                    .ToDictionary(e => (string)e.Key, e => (string)e.Value!).Append(new("DOTNET_TieredCompilation", "0")).ToDictionary(),
                StandardInput = read,
                StandardOutput = end,
                NetNamespace = node.Namespace,
            });
        }

        using var said = new StreamReader(new FileStream(output, FileAccess.Read));
        var proxy = new ProxyProcess(process, write);
        if (await said.ReadLineAsync() == LabProxy.ReadyLine)
            return proxy;
        await proxy.DisposeAsync();
        throw new ExperimentFailedException($"The proxy in {mode} mode {await process.Exited} before it served.");
    }

    public ProcessorTime ProcessorTime() => UserAndKernel.ProcessorTime.Of(process.Id);

    /// <summary>Counts the process's system calls by name while an action runs; the process ends with that.</summary>
    public async Task<IReadOnlyDictionary<string, int>> CountCallsAsync(Action action)
    {
        var (begun, counted) = (NewSource<bool>(), NewSource<IReadOnlyDictionary<string, int>>());
        new Thread(() => Trace(begun, counted)) { IsBackground = true, Name = "tracer" }.Start();
        await begun.Task;
        action();
        // A signal to a traced process stops it, whatever it thinks of the signal: so the tracer learns that it is over.
        process.Signal(Urgent);
        return await counted.Task;
    }

    public async ValueTask DisposeAsync()
    {
        input.Dispose();
        process.Signal(Signals.Kill);
        await process.Exited;
    }

    private static TaskCompletionSource<T> NewSource<T>() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Trace(TaskCompletionSource<bool> begun, TaskCompletionSource<IReadOnlyDictionary<string, int>> counted)
    {
        try
        {
            var tracer = new ThreadTracer(followsChildren: true);
            AttachAll(tracer);
            begun.SetResult(true);
            counted.SetResult(Count(tracer));
        }
        catch (LinuxException e)
        {
            // Not allowed (Yama), or a kernel that does not tell of system calls.
            var impossible = new ExperimentImpossibleException(e.Message);
            begun.TrySetException(impossible);
            counted.TrySetException(impossible);
        }
        catch (Exception e)
        {
            begun.TrySetException(e);
            counted.TrySetException(e);
        }
    }

    private void AttachAll(ThreadTracer tracer)
    {
        foreach (var thread in Directory.GetDirectories($"/proc/{process.Id}/task").Select(d => int.Parse(Path.GetFileName(d), CultureInfo.InvariantCulture)))
        {
            tracer.Attach(thread);
            tracer.Resume(thread, tracer.Next(thread));
        }
    }

    private static Dictionary<string, int> Count(ThreadTracer tracer)
    {
        var counts = new Dictionary<string, int>();
        while (true)
        {
            var (thread, why) = tracer.Next();
            if (why is TraceStop.Signalled { Signal: Urgent })
                return counts;
            if (why is TraceStop.Entry call)
            {
                var name = SystemCallNames.Of(call.Number);
                counts[name] = counts.GetValueOrDefault(name) + 1;
            }

            tracer.Resume(thread, why);
        }
    }
}
