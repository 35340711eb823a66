#!/usr/bin/perl
# Watches a running Promtail: keeps a copy of its positions whose lines have all been delivered, and
# counts the lines that the engine wrote into its files and Promtail did not read. Ends when the
# log of what waits for Loki is full. (Perl, since the image has nothing else that could.)
#
# Arguments: how much may wait for Loki, in KiB, the engine's folder of containers, and the
# positions that Promtail starts with.
use strict;
use warnings;
use IO::Socket::INET;
use POSIX qw(strftime);

my ($most_kib, $engine, $start) = @ARGV;

sub content {
    my ($path) = @_;
    open my $file, '<', $path or return '';
    local $/;
    return readline($file) // '';
}

sub save {
    my ($path, $text) = @_;
    open my $file, '>', "$path.part" or return;
    print {$file} $text and close $file and rename "$path.part", $path;
}

sub ask {
    my ($port, $what, $body) = @_;
    my $socket = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port", Timeout => 2) or return '';
    print $socket "$what HTTP/1.0\r\nContent-Type: application/json\r\n",
        'Content-Length: ', length $body, "\r\n\r\n$body";
    local $/;
    return readline($socket) // '';
}

sub total {
    my ($metrics, $name) = @_;
    my $sum = 0;
    $sum += $1 while $metrics =~ /^$name\S* (\S+)$/mg;
    return $sum;
}

# Seconds since 1970, by container; and as text that compares with an entry's time.
sub positions { return $_[0] =~ /cursor-(\w+): "(\d+)"/g }
sub text { return defined $_[0] ? strftime('%Y-%m-%dT%H:%M:%S', gmtime $_[0]) : '' }

# --- What is delivered ---

my @copies;    # of the positions, each with the number of entries that must be sent for it to hold

sub deliver {
    my ($written, $sent) = @_;
    # The pipeline holds lines back for half a second: a copy's are written three looks later.
    for my $copy (@copies) {
        $copy->{needs} //= $written if $copy->{looks}++ >= 3;
    }
    my $latest;
    $latest = shift @copies while @copies && defined $copies[0]{needs} && $copies[0]{needs} <= $sent;
    save('delivered.yml', $latest->{positions}) if $latest;
    my $now = content('positions.yml');
    push @copies, { positions => $now } unless @copies && $copies[-1]{positions} eq $now;
    # An outage may be long.
    @copies = @copies[grep { $_ % 2 || $_ > 50 } 0 .. $#copies] if @copies > 200;
}

# --- What is lost ---

my %begins = positions(content($start));
my %since = map { $_ => text($begins{$_}) } keys %begins;
# By id: a new container may have the name of one that is gone. Each has its `name`; its `files`,
# by inode; the lines `written` to them, `read` and `counted` as lost; the `newest` entry's time.
my %containers;
my %owed;    # what Promtail has yet to be told, by stream
my $looks = 0;
my $TIME = qr/"time":"([^"]+)"\}$/m;

# Entries are JSON, one in each line. A long line of a container is several entries, of which only
# the last ends with a newline of its own.
sub lines { return scalar(() = $_[0] =~ /\\n","stream":"/g) }

# Promtail begins with the first entry that is not before its position. Returns where that is.
sub beginning {
    my ($file, $size, $since) = @_;
    my ($low, $high) = (0, $size);
    while ($high - $low > 1_000_000) {
        my $middle = int(($low + $high) / 2);
        seek $file, $middle, 0;
        readline $file;
        my ($time) = (readline($file) // '') =~ $TIME;
        if ($time && $time lt $since) { $low = tell $file } else { $high = $middle }
    }
    seek $file, $low, 0;
    while (defined(my $line = readline $file)) {
        last if $line =~ $TIME && $1 ge $since;
        $low = tell $file;
    }
    return $low;
}

# Counts what a file has more than at the last look. It is known by the time of its first entry: it
# will be renamed, and its inode be used again.
sub look {
    my ($container, $path) = @_;
    my ($inode, $size, $changed) = (stat $path)[1, 7, 9] or return;
    my $known = $container->{files}{$inode};
    return $known if $known && $known->{state} eq "$size $changed";
    open my $file, '<', $path or return;
    my ($first) = (readline($file) // '') =~ $TIME or return;
    my $since = $since{$container->{id}} // '';
    my $at = $known && $known->{first} eq $first ? $known->{at}
        : $since gt $first ? beginning($file, $size, $since) : 0;
    my $text;
    while (seek($file, $at, 0) && read $file, $text, 1 << 20) {
        my $whole = 1 + rindex $text, "\n" or last;
        $container->{written} += lines(substr $text, 0, $whole);
        my ($newest) = substr($text, 0, $whole) =~ /.*$TIME/s;
        $container->{newest} = $newest if ($newest // '') gt $container->{newest};
        $at += $whole;
    }
    return { inode => $inode, state => "$size $changed", first => $first, at => $at };
}

sub missing { return $_[0]{written} - $_[0]{read} - $_[0]{counted} }

sub lost {
    my ($container, $lines, $labels) = @_;
    $container->{counted} += $lines;
    $owed{qq("container":"$container->{name}") . ($labels // '')} += $lines if $lines >= 0;
}

# Promtail makes a metric of what it is told.
sub report {
    return unless %owed;
    my $now = time . '000000000';
    my $streams = join ',', map { qq({"stream":{$_},"values":[["$now","$owed{$_}"]]}) } keys %owed;
    %owed = () if ask(9083, "POST /loki/api/v1/push", qq({"streams":[$streams]})) =~ m{^HTTP/\S+ 204};
}

# A new reader is given all files, so Promtail starts again, for this container with the position at
# which it was complete, every ten minutes at most. Meanwhile what is missing counts as lost, and so
# does what the new one does not find any more.
sub missed {
    my ($container, $missing) = @_;
    return lost($container, $missing) if -e 'restart' && time - (stat 'restart')[9] < 600;
    my ($position, $written) = @{$container->{complete}};
    my $positions = content('delivered.yml') =~ s/^.*cursor-$container->{id}.*\n//mr;
    $positions .= qq(  cursor-$container->{id}: "$position"\n) if $position;
    save('delivered.yml', $positions);
    save('restart', join ' ', $container->{id}, $container->{written} - $written, $missing);
    print STDERR "watch.pl: $missing lines of $container->{name} were not read: Promtail starts again\n";
    report();
    exit 4;
}

# How many looks have found the same lines missing, while Promtail read none.
sub stalled {
    my ($container, $missing) = @_;
    my $read = $missing > 0 ? $container->{read} : -1;
    $container->{still} = { read => $read, looks => 0 } if ($container->{still}{read} // -1) != $read;
    return $missing > 0 ? ++$container->{still}{looks} : 0;
}

# Compared exactly once a container printed, and was read, no more for some looks. While it prints,
# some lines are under way at each look; those beyond what it prints between two looks are lost.
# Either only where Promtail has come as far as the files had at the last look.
sub compare {
    my ($container, $at) = @_;
    my ($written, $read) = @{$container}{qw(written read)};
    my $missing = missing($container);
    my $reached = text($at) ge substr $container->{before} // '~', 0, 19;
    $container->{before} = $container->{newest};
    # An engine may stop giving lines to a reader that it keeps (20.10 does, at a rotation).
    return missed($container, $missing) if stalled($container, $missing) >= 30;
    my $recent = $container->{recent} //= [];
    @$recent = () unless $reached;
    push @$recent, [$missing, $written, $read];
    return if @$recent < 6;
    shift @$recent if @$recent > 6;
    my ($least) = sort { $a <=> $b } map { $_->[0] } @$recent;
    my ($most) = sort { $b <=> $a } map { $recent->[$_][1] - $recent->[$_ - 1][1] } 1 .. 5;
    my $quiet = $recent->[0][1] == $written && $recent->[0][2] == $read;
    # Lines that were never seen here, and were not read either: at least one.
    if ($quiet && delete $container->{unseen} && $missing >= 0) {
        $container->{written}++;
        $least = ++$missing;
    }
    $container->{complete} = [$at, $container->{written}] if $missing <= 0;
    return unless $quiet ? $missing : $least > 2 * $most;
    @$recent = ();
    if ($least > 0) { missed($container, $least) } else { lost($container, $least) }
}

# A removed container's files are gone at once; Promtail reads on from those that it has open. One
# that it had not found yet, or that it leaves out, is not compared.
sub removed {
    my ($container) = @_;
    my $missing = defined $container->{counted} ? missing($container) : 0;
    my $stalled = stalled($container, $missing);
    return if $missing > 0 && $stalled < 10;
    delete $containers{$container->{id}};
    lost($container, $missing, ',"reason":"removed"') if $missing > 0;
}

# Whether lines were rotated away before this program could see them.
sub overlooked {
    my ($container, $folder, @found) = @_;
    my ($oldest) = sort map { $_->{first} } @found or return;
    # Since the last look, or in the time in which no Promtail ran.
    my $before = $container->{files};
    return !grep { $before->{$_->{inode}} && $before->{$_->{inode}}{first} eq $_->{first} } @found
        if %$before;
    my $since = $since{$container->{id}};
    return substr($oldest, 0, 19) gt $since if $since;
    # A new container with as many files as it may have.
    my ($most) = content("$folder/hostconfig.json") =~ /"max-file":"(\d+)"/ or return;
    return $looks > 1 && $most > 1 && @found >= $most;
}

sub losses {
    my ($metrics) = @_;
    $looks++;
    for my $folder (glob "$engine/*") {
        my ($id) = $folder =~ /(\w+)$/;
        my $container = $containers{$id};
        if (!$container) {
            my ($name) = content("$folder/config.v2.json") =~ m{"Name":"/([^"]+)"} or next;
            $container = $containers{$id}
                = { id => $id, name => $name, files => {}, written => 0, read => 0, newest => '' };
        }
        my @found = grep { $_ } map { look($container, $_) } glob "$folder/$id-json.log{,.*[0-9]}";
        $container->{unseen} = 1 if overlooked($container, $folder, @found);
        $container->{files} = { map { $_->{inode} => $_ } @found };
    }
    if (my ($id, $expected, $missing) = content('restart') =~ /^(\w+) (\d+) (\d+)$/) {
        save('restart', '');
        my $container = $containers{$id};
        # Some of what is gone had been read: the least that can be lost, but never nothing.
        if ($container && $container->{written} < $expected) {
            my $gone = $missing - $container->{written};
            $gone = 1 if $gone < 1;
            delete $container->{unseen};
            $container->{written} += $gone;
            lost($container, $gone);
        }
    }
    my %now;
    $now{$2}{$1} = $3
        while $metrics =~ /^promtail_custom_lines_read_total(\{.*?container_id="(\w+)".*) (\S+)$/mg;
    my %at = positions(content('positions.yml'));
    for my $container (values %containers) {
        my ($id, $before) = @{$container}{qw(id counters)};
        my $now = $container->{counters} = $now{$id} // {};
        for (keys %$now) {
            # Promtail forgets a count that has not changed for long, and begins again at zero.
            my $old = $before->{$_} // 0;
            $container->{read} += $now->{$_} - ($now->{$_} < $old ? 0 : $old);
        }
        if (%$now && !defined $container->{counted}) {
            lost($container, 0);
            $container->{complete} = [$begins{$id}, 0];
        }
        if (!-e "$engine/$id") { removed($container) }
        elsif (defined $container->{counted} && $container->{newest}) { compare($container, $at{$id}) }
    }
}

my $removed = 0;    # bytes
for (my $look = 1; ; $look++) {
    select undef, undef, undef, 0.25;
    my $metrics = ask(9080, 'GET /metrics', '') or next;
    # The log tells its reader of each entry; it has no count of its own.
    my $entries = total($metrics, 'loki_wal_watcher_dropped_write_notifications_total')
        + total($metrics, 'loki_wal_watcher_segment_read_total\{[^}]*"notification"');
    my $sent = total($metrics, 'promtail_(?:sent|dropped)_entries_total');
    my $segment = total($metrics, 'loki_wal_watcher_current_segment');
    for my $old (grep { m{(\d+)$} && $1 < $segment } glob 'wal/*') {
        $removed += -s $old;
        unlink $old;
    }
    # What was sent goes with its segment of 128 MB only: entries count, by their mean size.
    my $bytes = $removed;
    $bytes += -s $_ // 0 for glob 'wal/*';
    exit 3 if $entries && $bytes / $entries * ($entries - $sent) > 1024 * $most_kib;
    exit 3 if total($metrics, 'prometheus_tsdb_wal_writes_failed_total');
    deliver($entries, $sent);
    losses($metrics), report() unless $look % 4;
}
