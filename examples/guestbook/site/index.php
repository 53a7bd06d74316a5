<?php
// A guestbook: entries are lines of JSON in a file beside the site, where nobody can ask for it.
const STATE = __DIR__ . '/../state';
const KEPT = 500;
const SHOWN = 25;

/** Runs $work with the file of entries locked, so that two who write at once do not spoil it. */
function locked(int $lock, callable $work): mixed {
    if (!is_dir(STATE)) mkdir(STATE, 0700, true);
    $file = fopen(STATE . '/entries', 'c+');
    flock($file, $lock);
    try {
        return $work($file);
    } finally {
        fclose($file);
    }
}

/** @return string[] lines, the oldest first */
function lines($file): array {
    return explode("\n", rtrim(stream_get_contents($file), "\n"));
}

function add(array $entry): void {
    locked(LOCK_EX, function ($file) use ($entry) {
        $kept = array_slice(lines($file), 1 - KEPT);
        $kept[] = json_encode($entry, JSON_INVALID_UTF8_SUBSTITUTE);
        rewind($file);
        ftruncate($file, 0);
        fwrite($file, ltrim(implode("\n", $kept), "\n") . "\n");
    });
}

/** @return array[] the newest first */
function newest(): array {
    $lines = locked(LOCK_SH, fn($file) => array_slice(lines($file), -SHOWN));
    return array_filter(array_map(fn($line) => json_decode($line, true), array_reverse($lines)));
}

/** What a field of the form holds, no longer than it may be. */
function field(string $name, int $length): string {
    $value = $_POST[$name] ?? '';
    return is_string($value) ? trim(substr($value, 0, $length)) : '';
}

function text(string $text): string {
    return htmlspecialchars($text, ENT_QUOTES | ENT_SUBSTITUTE);
}

if ($_SERVER['REQUEST_METHOD'] === 'POST') {
    $entry = ['name' => field('name', 60), 'text' => field('text', 2000), 'time' => time()];
    if ($entry['text'] !== '') add($entry);
    // So that a reload does not sign a second time.
    header('Location: ' . $_SERVER['SCRIPT_NAME'], true, 303);
    exit;
}
header('Content-Type: text/html;charset=utf-8');
?>
<!DOCTYPE html><html lang=en><title>Guestbook</title><meta name=viewport content="width=device-width"><link rel=icon href=data:,>
<style>html{background:#468;color-scheme:light dark;font:1em/1.5 sans-serif}body{max-width:34em;margin:1em auto;padding:1em 1.5em;background:canvas;border:5px ridge;overflow-wrap:anywhere}label{display:block;margin:.8em 0}input,textarea{display:block;width:100%;box-sizing:border-box;font:inherit}button{font:inherit;padding:.2em 1.5em}small{opacity:.8}</style>
<h1>Guestbook</h1>
<?php if (isset($_SERVER['VISITOR_NUMBER'])): ?>
<p>You are visitor <?= (int) $_SERVER['VISITOR_NUMBER'] ?>.
<?php endif ?>
<form method=post>
<label>Your name <input name=name maxlength=60></label>
<label>What you would like to say <textarea name=text rows=4 maxlength=2000 required></textarea></label>
<button>Sign</button>
</form>
<?php foreach (newest() as $entry): ?>
<hr><p><b><?= text($entry['name']) ?: 'Somebody' ?></b> <small><?= gmdate('j F Y H:i', $entry['time']) ?></small>
<p><?= nl2br(text($entry['text']), false) ?>

<?php endforeach ?>
