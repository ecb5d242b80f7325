using System.Text;
using Viaduct.Linux.Namespaces;

namespace Viaduct.Linux.Processes;

/// <summary>How a program ended and what it complained of.</summary>
public readonly record struct ProgramResult(ExitStatus Status, string Errors);

/// <summary>Runs a program in a network namespace (null is the calling thread's), feeding it and reading what it prints at the same time, so that neither waits for the other.</summary>
public static class ProgramRun
{
    /// <summary>Runs a program without input in the calling thread's namespace; its exit code as a shell tells it, and all that it prints.</summary>
    public static async Task<(int Code, string Output, string Errors)> CaptureAsync(string path, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment)
    {
        var output = new StringBuilder();
        var (status, errors) = await RunAsync(null, path, arguments, environment, default, line => output.AppendLine(line));
        return (status.ShellCode, output.ToString(), errors);
    }

    /// <param name="ns">Where; null is the calling thread's.</param>
    /// <param name="path">The program; a name without a slash is looked for in PATH.</param>
    /// <param name="arguments">Without the program's own name.</param>
    /// <param name="environment">The whole of it; null is this process's own.</param>
    /// <param name="input">What it reads.</param>
    /// <param name="readLine">Gets each line that it prints.</param>
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
