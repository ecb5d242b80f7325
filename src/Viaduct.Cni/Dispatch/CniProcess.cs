namespace Viaduct.Cni.Dispatch;

/// <summary>What a plugin process has: variables and streams. Injected, so that a whole call can be tested without a process.</summary>
public sealed record CniProcess(Func<string, string?> Variable, Stream Input, Stream Output, TextWriter Log)
{
    /// <summary>The real ones.</summary>
    public static CniProcess Current() =>
        new(Environment.GetEnvironmentVariable, Console.OpenStandardInput(), Console.OpenStandardOutput(), TextWriter.Synchronized(Console.Error));
}
