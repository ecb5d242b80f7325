using System.Diagnostics;

namespace Viaduct.Tests.EndToEnd.Machine;

/// <summary>Outcome of a program that a test ran.</summary>
public sealed record ShellResult(int ExitCode, string Output, string Error)
{
    /// <summary>The standard output, if the program succeeded; fails the test otherwise.</summary>
    public string Succeed() => ExitCode == 0
        ? Output
        : throw new Xunit.Sdk.XunitException($"Exit code {ExitCode}.\nstandard output:\n{Output}\nstandard error:\n{Error}");
}

/// <summary>Runs programs with a time limit.</summary>
public static class Shell
{
    public static async Task<ShellResult> RunAsync(string file, IEnumerable<string> arguments, string? input = null, IReadOnlyDictionary<string, string>? environment = null, int seconds = 60)
    {
        using var process = Start(file, arguments, environment);
        if (input is not null)
            await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        try
        {
            await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(seconds));
        }
        catch (TimeoutException)
        {
            process.Kill(entireProcessTree: true);
            throw new Xunit.Sdk.XunitException($"{file} {string.Join(' ', arguments)} did not end within {seconds} s.\n{await output}\n{await error}");
        }

        return new ShellResult(process.ExitCode, await output, await error);
    }

    public static Process Start(string file, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(file, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        return Process.Start(start) ?? throw new InvalidOperationException($"{file} did not start.");
    }

    public static bool Has(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(directory => File.Exists(Path.Combine(directory, program)));
}
