using System.Text;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Processes;

namespace Viaduct.Proxy.Backends.Iptables;

/// <summary>How a program ended and what it complained of.</summary>
internal readonly record struct ProgramResult(ExitStatus Status, string Errors);

/// <summary>Runs a program in a network namespace (null is the calling thread's), feeding it and reading what it prints at the same time, so that neither waits for the other.</summary>
internal static class ProgramRun
{
    public static async Task<ProgramResult> RunAsync(
        NetNamespace? ns, string path, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? environment, ReadOnlyMemory<byte> input, Action<string>? readLine)
    {
        var (childInput, toChild) = Pipe.Create();
        var (fromChild, childOutput) = Pipe.Create();
        var (errorsFromChild, childErrors) = Pipe.Create();
        ChildProcess child;
        try
        {
            child = ChildProcess.Start(new ProcessSpec
            {
                Path = path,
                Arguments = arguments,
                Environment = environment,
                NetNamespace = ns,
                StandardInput = childInput,
                StandardOutput = childOutput,
                StandardError = childErrors,
            });
        }
        catch
        {
            foreach (var end in new[] { toChild, fromChild, errorsFromChild })
                end.Dispose();
            throw;
        }
        finally
        {
            // The child has its own; with ours open the pipes would never end.
            foreach (var end in new[] { childInput, childOutput, childErrors })
                end.Dispose();
        }

        using (child)
        {
            var errors = new StringBuilder();
            await Task.WhenAll(
                OnOwnThread(() => Write(new FileStream(toChild, FileAccess.Write, bufferSize: 0), input)),
                OnOwnThread(() => Read(new FileStream(fromChild, FileAccess.Read), readLine ?? (static _ => { }))),
                OnOwnThread(() => Read(new FileStream(errorsFromChild, FileAccess.Read), line => errors.AppendLine(line))));
            return new(await child.Exited, errors.ToString());
        }
    }

    // Each waits for the program. In the pool, which has a thread for each processor and gets another one twice a second, they would keep each other waiting.
    private static Task OnOwnThread(Action action) => Task.Factory.StartNew(action, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static void Write(FileStream stream, ReadOnlyMemory<byte> input)
    {
        using (stream)
        {
            try
            {
                stream.Write(input.Span);
            }
            catch (IOException)
            {
                // It ended without reading everything; its status says why.
            }
        }
    }

    private static void Read(FileStream stream, Action<string> readLine)
    {
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
            readLine(line);
    }
}
