using System.CommandLine;
using Viaduct.Cluster;
using Viaduct.Cluster.Model;
using Viaduct.Proxy.Backends;

namespace Viaduct.Cli.Commands;

/// <summary>Options that several commands share.</summary>
internal static class CommonOptions
{
    public static Option<string> Name()
    {
        var option = new Option<string>("--name") { Description = "Name of the cluster", DefaultValueFactory = _ => "viaduct" };
        option.CompletionSources.Add(_ => ClusterPaths.Names());
        return option;
    }

    public static Option<string> Output()
    {
        var option = new Option<string>("--output", "-o") { Description = "text for people, json for machines", DefaultValueFactory = _ => "text" };
        option.AcceptOnlyFromAmong("text", "json");
        return option;
    }

    /// <summary>For the shell to complete.</summary>
    public static string[] ProxyModeWords { get; } = ProxyModeNames.All.Split(", ");

    /// <exception cref="ClusterException">There is no such mode.</exception>
    public static ProxyMode ProxyMode(string word) => ProxyModeNames.Find(word)
        ?? throw new ClusterException($"\"{word}\" is no proxy mode; take one of: {ProxyModeNames.All}");

    public static ClusterPaths Paths(this ParseResult parse, Option<string> name) => ClusterPaths.For(parse.GetValue(name)!);
}
