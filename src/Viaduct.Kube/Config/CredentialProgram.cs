using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Viaduct.Kube.Config;

/// <summary>Runs a program without input and answers its exit code and what it printed; the environment is the whole one.</summary>
public delegate Task<(int Code, string Output, string Errors)> ProgramRunner(
    string program, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment);

/// <summary>A program that prints credentials: <c>users[].user.exec</c> of a kubeconfig (client.authentication.k8s.io, KEP-541).</summary>
/// <param name="ApiVersion">Of what it prints.</param>
/// <param name="Program">Its path, or a name to be looked for in PATH.</param>
/// <param name="Arguments">Its arguments.</param>
/// <param name="Environment">What is added to our environment.</param>
/// <param name="Info">What it is told in KUBERNETES_EXEC_INFO.</param>
/// <param name="Kubeconfig">Path of the kubeconfig, for messages.</param>
public sealed record CredentialProgram(
    string ApiVersion, string Program, IReadOnlyList<string> Arguments, IReadOnlyDictionary<string, string> Environment, JsonObject Info, string Kubeconfig);

/// <summary>Runs the program when there are no credentials, when they are over, and when the server refuses them.</summary>
internal sealed class ProgramCredentials(CredentialProgram program, ProgramRunner run, TimeProvider time) : ICredentialSource, IDisposable
{
    private const int LongestErrorText = 300;
    private readonly SemaphoreSlim _one = new(1);
    private Credentials? _last;
    private DateTimeOffset? _end;

    public void Dispose() => _one.Dispose();

    public async Task<Credentials> GetAsync(Credentials? refused, CancellationToken cancellation)
    {
        await _one.WaitAsync(cancellation);
        try
        {
            // Whoever was refused with older ones than these need not run it again.
            var isGood = _last is not null && (refused is null || refused != _last) && !(time.GetUtcNow() > _end);
            return isGood ? _last! : await RunAsync();
        }
        finally
        {
            _one.Release();
        }
    }

    private async Task<Credentials> RunAsync()
    {
        var (code, output, errors) = await TryRunAsync();
        if (code != 0)
            throw Failed($"ended with {code}: {errors.Trim()[..Math.Min(errors.Trim().Length, LongestErrorText)]}");
        try
        {
            return Read(JsonNode.Parse(output) as JsonObject ?? throw Failed("printed no ExecCredential"));
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException)
        {
            throw Failed($"printed no ExecCredential: {e.Message}");
        }
    }

    private async Task<(int Code, string Output, string Errors)> TryRunAsync()
    {
        try
        {
            return await run(program.Program, program.Arguments, WholeEnvironment());
        }
        catch (Exception e)
        {
            throw Failed($"cannot be run: {e.Message}"); // whatever the runner says: the server is asked again later, and the program with it
        }
    }

    private Dictionary<string, string> WholeEnvironment()
    {
        var all = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (System.Collections.DictionaryEntry own in Environment.GetEnvironmentVariables())
            all[(string)own.Key] = (string?)own.Value ?? "";
        foreach (var (name, value) in program.Environment)
            all[name] = value;
        all["KUBERNETES_EXEC_INFO"] = program.Info.ToJsonString();
        return all;
    }

    private Credentials Read(JsonObject credential)
    {
        if ((string?)credential["apiVersion"] != program.ApiVersion)
            throw Failed($"printed the version \"{credential["apiVersion"]}\" and must print {program.ApiVersion}");
        var status = credential["status"] as JsonObject ?? [];
        var read = new Credentials(Text(status, "token"), Text(status, "clientCertificateData"), Text(status, "clientKeyData"));
        if (read.Certificate is null != read.Key is null || (read.Token ?? read.Certificate) is null)
            throw Failed("printed neither a token nor a certificate with its key");
        _end = Text(status, "expirationTimestamp") is { } end ? DateTimeOffset.Parse(end, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal) : null;
        return _last = read;
    }

    private static string? Text(JsonObject from, string field) => (string?)from[field] is { Length: > 0 } text ? text : null;

    private HttpRequestException Failed(string what) => new($"the program \"{program.Program}\" that the kubeconfig {program.Kubeconfig} names for credentials {what}");
}
