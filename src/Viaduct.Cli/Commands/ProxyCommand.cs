using System.CommandLine;
using Microsoft.Extensions.Logging;
using Viaduct.Cli.Output;
using Viaduct.Proxy.Backends;
using Viaduct.Proxy.Server;
using Viaduct.Proxy.Server.Configuration;

namespace Viaduct.Cli.Commands;

/// <summary><c>viaduct proxy</c>: serves Services on this node, in the place and with the command line of kube-proxy.</summary>
internal static class ProxyCommand
{
    private const string Help =
        "Serve Services on this node: a drop-in for kube-proxy, with its flags, configuration file, health and metrics pages. "
        + "Flags of kube-proxy that are not listed are accepted and have no effect. Ends with 0 when told to (SIGTERM), and with 1 when it cannot go on "
        + "or must be started anew because its configuration changed; Services stay as they are.";

    public static Command Create()
    {
        var config = new Option<string?>("--config") { Description = "A KubeProxyConfiguration file; most flags are then ignored", HelpName = "FILE" };
        var write = new Option<string?>("--write-config-to") { Description = "Write the configuration that these flags mean to a file, and end", HelpName = "FILE" };
        var cleanUp = new Option<bool>("--cleanup") { Description = "Remove the rules of all proxy modes and nothing else, and end" };
        var initOnly = new Option<bool>("--init-only") { Description = "Make the kernel settings that need root, and end" };
        var master = new Option<string?>("--master") { Description = "Address of the API server, instead of the kubeconfig's", HelpName = "URL" };
        var flags = ProxyFlag.All.ToDictionary(f => f.Name, Option);
        foreach (var port in (string[])["--healthz-port", "--metrics-port"])
            flags[port] = new Option<string[]>(port) { Hidden = true };
        var command = new Command("proxy", Help) { config, write, cleanUp, initOnly, master };
        foreach (var option in flags.Values)
            command.Add(option);

        command.SetRunner(async (parse, cancellation) =>
        {
            if (parse.GetValue(cleanUp))
            {
                ProxyServer.CleanUp();
                return CommandRunner.Success;
            }

            var given = Given(parse, flags);
            var file = parse.GetValue(config) is { Length: > 0 } path ? (Path: path, Text: ConfigReader.Read(path)) : ((string Path, string Text)?)null;
            var configuration = ProxyFlags.Apply(file is { } f ? ConfigReader.Parse(f.Text, f.Path) : null, given);
            if (parse.GetValue(write) is { Length: > 0 } target)
            {
                await File.WriteAllTextAsync(target, ConfigYaml.Write(configuration), cancellation);
                return CommandRunner.Success;
            }

            ConfigValidation.Check(configuration);
            using var loggers = StderrLogging.Create(LevelOf(configuration.Verbosity));
            TellIgnored(loggers, file is not null, configuration.ProxyMode, given.Keys);
            var options = new ProxyServerOptions { Configuration = configuration, File = file, Master = parse.GetValue(master), InitOnly = parse.GetValue(initOnly) };
            await ProxyServer.RunAsync(options, loggers, cancellation);
            return CommandRunner.Success;
        });
        return command;
    }

    // Text, and not the field's type: kube-proxy's own rules for numbers, durations and truth are applied later, with its defaults.
    private static Option<string[]> Option(ProxyFlag flag)
    {
        string[] aliases = flag.Name == "--v" ? ["-v"] : [];
        var option = new Option<string[]>(flag.Name, aliases)
        {
            Description = flag.Description,
            Hidden = flag.HasNoEffect,
            // None also for texts: --healthz-bind-address= arrives without a value, and means the empty one.
            Arity = ArgumentArity.ZeroOrMore,
            HelpName = flag.IsBoolean ? "true|false" : "VALUE",
        };
        if (flag.Path == "mode")
            option.CompletionSources.Add(CommonOptions.ProxyModeWords);
        return option;
    }

    /// <summary>Flags that were given. Of one that was given twice the last value counts; lists grow.</summary>
    private static Dictionary<string, string> Given(ParseResult parse, Dictionary<string, Option<string[]>> flags)
    {
        var lists = ProxyFlag.All.Where(f => f.IsList).Select(f => f.Name).ToHashSet();
        var booleans = ProxyFlag.All.Where(f => f.IsBoolean).Select(f => f.Name).ToHashSet();
        var given = new Dictionary<string, string>();
        foreach (var (name, option) in flags)
        {
            if (parse.GetResult(option) is not { Implicit: false } result)
                continue;
            var values = result.Tokens.Select(t => t.Value).ToList();
            given[name] = values.Count == 0 ? (booleans.Contains(name) ? "true" : "") : lists.Contains(name) ? string.Join(',', values) : values[^1];
        }

        return given;
    }

    private static void TellIgnored(ILoggerFactory loggers, bool hasFile, ProxyMode mode, IEnumerable<string> given)
    {
        var log = loggers.CreateLogger("Viaduct.Proxy");
        foreach (var (name, why, isSurprising) in ProxyFlags.WithoutEffect(hasFile, mode, given))
            ProxyCommandLog.Ignored(log, isSurprising ? LogLevel.Warning : LogLevel.Debug, name, why);
    }

    /// <summary>As klog's levels are used: 4 is debugging, 6 and more is tracing.</summary>
    private static LogLevel LevelOf(int verbosity) => verbosity switch
    {
        < 4 => LogLevel.Information,
        < 6 => LogLevel.Debug,
        _ => LogLevel.Trace,
    };
}

internal static partial class ProxyCommandLog
{
    [LoggerMessage(Message = "{Flag} has no effect: {Why}")]
    public static partial void Ignored(ILogger log, LogLevel level, string flag, string why);
}
