using System.Text;

namespace Viaduct.Kube.Selectors;

/// <summary>The string forms of label and field selectors, as they stand in a URL (apimachinery pkg/labels, pkg/fields).</summary>
/// <remarks>A malformed selector is a <see cref="FormatException"/> whose message is fit for the user.</remarks>
public static class SelectorParser
{
    /// <summary><c>a=b,c!=d,e in (f,g),h notin (i),j,!k,l&gt;1</c>; null or empty selects everything.</summary>
    public static LabelQuery ParseLabels(string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
            return LabelQuery.Everything;
        var lexer = new LabelLexer(text);
        var requirements = new List<LabelRequirement> { Requirement(lexer) };
        while (lexer.Peek is not null)
        {
            lexer.Expect(",");
            requirements.Add(Requirement(lexer));
        }
        return new LabelQuery(requirements);
    }

    /// <summary><c>metadata.name=x,status.phase!=Failed</c>; null or empty selects everything.</summary>
    public static FieldQuery ParseFields(string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
            return FieldQuery.Everything;
        return new FieldQuery([.. SplitTerms(text).Where(t => t.Length > 0).Select(Term)]);
    }

    private static LabelRequirement Requirement(LabelLexer lexer)
    {
        if (lexer.Peek == "!")
        {
            lexer.Next();
            return new LabelRequirement(lexer.Word("a label"), LabelOperator.DoesNotExist, []);
        }
        var key = lexer.Word("a label");
        switch (lexer.Peek)
        {
            case null or ",":
                return new LabelRequirement(key, LabelOperator.Exists, []);
            case "=" or "==":
                lexer.Next();
                return new LabelRequirement(key, LabelOperator.In, [lexer.OptionalWord()]);
            case "!=":
                lexer.Next();
                return new LabelRequirement(key, LabelOperator.NotIn, [lexer.OptionalWord()]);
            case "in" or "notin":
                return new LabelRequirement(key, lexer.Next() == "in" ? LabelOperator.In : LabelOperator.NotIn, Set(lexer));
            case ">" or "<":
                return new LabelRequirement(key, lexer.Next() == ">" ? LabelOperator.GreaterThan : LabelOperator.LessThan, [Number(lexer)]);
            default:
                throw lexer.Unexpected("one of in, notin, =, ==, !=, <, >");
        }
    }

    private static string Number(LabelLexer lexer)
    {
        var word = lexer.Word("a number");
        return long.TryParse(word, out _) ? word : throw new FormatException($"unable to parse requirement: \"{word}\" is not an integer");
    }

    private static List<string> Set(LabelLexer lexer)
    {
        lexer.Expect("(");
        var values = new List<string> { lexer.OptionalWord() };
        while (lexer.Peek == ",")
        {
            lexer.Next();
            values.Add(lexer.OptionalWord());
        }
        lexer.Expect(")");
        return values;
    }

    /// <summary>Splits at commas that no backslash escapes.</summary>
    private static IEnumerable<string> SplitTerms(string text)
    {
        var start = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\')
            {
                i++;
            }
            else if (text[i] == ',')
            {
                yield return text[start..i];
                start = i + 1;
            }
        }
        yield return text[start..];
    }

    private static FieldRequirement Term(string term)
    {
        foreach (var op in (string[])["!=", "==", "="])
        {
            var at = term.IndexOf(op, StringComparison.Ordinal);
            if (at > 0 && at <= FirstOperator(term))
                return new FieldRequirement(term[..at].Trim(), Unescape(term[(at + op.Length)..], term), op == "!=");
        }
        throw new FormatException($"invalid field selector: \"{term}\" has no operator: use field=value or field!=value");
    }

    private static int FirstOperator(string term) => term.AsSpan().IndexOfAny('=', '!');

    private static string Unescape(string value, string term)
    {
        var plain = new StringBuilder(value.Length);
        for (var i = 0; i < value.Length; i++)
        {
            var escaped = value[i] == '\\';
            if (escaped && (++i == value.Length || value[i] is not ('\\' or ',' or '=')))
                throw new FormatException($"invalid field selector: \"{term}\" has a backslash that escapes nothing");
            if (!escaped && value[i] is (',' or '='))
                throw new FormatException($"invalid field selector: \"{term}\" has an unescaped \"{value[i]}\" in its value");
            plain.Append(value[i]);
        }
        return plain.ToString();
    }
}
